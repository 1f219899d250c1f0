"""`seedbed policy show | diff | simulate`: each imports what it needs when it runs."""

import time
from pathlib import Path
from typing import Annotated

import typer

from surfaces.cli import places
from surfaces.cli.options import Env, Environment, ServerName, Url, server_name

app = typer.Typer(help="Read the policy of a server, compare two, or ask it about a caller.", no_args_is_help=True)

Version = Annotated[int | None, typer.Option(min=1, help="This version; the one in force if not given.")]
Many = list[str] | None


@app.command()
def show(
    server: ServerName,
    version: Version = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the artefact itself, for `diff --file`.")] = False,
    url: Url = None,
    env: Env = Environment.PRODUCTION,
) -> None:
    """Show what a policy says."""
    from surfaces.cli.policy import fetching, showing

    found = fetching.policy(places.base_url(url), server_name(server), env.value, version)
    if as_json:
        print(found.artefact.model_dump_json(by_alias=True, indent=2))
        return
    print("\n".join(showing.policy(found.artefact, signed_by=found.signed_by, in_force=found.in_force)))
    for entry in found.suspensions:
        print(f"  suspended   {entry.within or 'the server'}: {entry.reason}")


@app.command()
def diff(
    server: ServerName,
    earlier: Annotated[int | None, typer.Option("--from", min=1, help="Version before; else the one below.")] = None,
    later: Annotated[int | None, typer.Option("--to", min=1, help="Version after; else the one in force.")] = None,
    file: Annotated[Path | None, typer.Option(help="An artefact as JSON in place of --to.")] = None,
    url: Url = None,
    env: Env = Environment.PRODUCTION,
) -> None:
    """Show who gains and who loses from one version of a policy to another."""
    from surfaces.cli.policy import fetching, showing

    base, name = places.base_url(url), server_name(server)
    if file is not None:
        after = fetching.read(file)
        before = fetching.policy(base, name, env.value, earlier).artefact
    else:
        after = fetching.policy(base, name, env.value, later).artefact
        before = fetching.policy(base, name, env.value, earlier or max(after.version - 1, 1)).artefact
    print("\n".join(showing.changes(before, after)))


@app.command()
def simulate(
    server: ServerName,
    tool: Annotated[str | None, typer.Option(help="Call this tool; to open the server if not given.")] = None,
    as_groups: Annotated[Many, typer.Option(help="A group of the directory; may be repeated.")] = None,
    business_group: Annotated[Many, typer.Option(help="A business group; may be repeated.")] = None,
    role: Annotated[Many, typer.Option(help="A role; may be repeated.")] = None,
    employment: Annotated[str, typer.Option(help="employee, contractor, ...")] = "employee",
    surface: Annotated[str, typer.Option(help="Where they work.")] = "cli",
    channel: Annotated[str | None, typer.Option(help="In which channel of it they speak.")] = None,
    url: Url = None,
    env: Env = Environment.PRODUCTION,
) -> None:
    """Ask the policy in force about a caller that you make up."""
    from platform_core.policy import what_if
    from surfaces.cli.policy import fetching

    found = fetching.policy(places.base_url(url), server_name(server), env.value, None)
    caller = what_if.Caller(
        groups=tuple(as_groups or ()), business_groups=tuple(business_group or ()), roles=tuple(role or ()),
        employment=employment, surface=surface, channel=channel,
    )  # fmt: skip
    decision = what_if.say(found.artefact, caller.principal, tool, now=time.time(), closed=found.closed)
    print(f"{'allowed' if decision.allow else 'refused'}: {decision.reason} (rule {decision.rule})")
