"""Commands for those who look after servers: close at once, ask why, read a policy."""

from pathlib import Path
from typing import Annotated

import typer

from surfaces.cli import places, reading
from surfaces.cli.auditing import app as audit_app
from surfaces.cli.failures import Unreachable, Unusable
from surfaces.cli.options import Env, Environment, Url, server_name
from surfaces.cli.policy.commands import app as policy_app

Reason = Annotated[str, typer.Option(help="For whoever is refused; at most 300 letters.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `seedbed`."""
    app.command()(suspend)
    app.command()(why)
    app.add_typer(policy_app, name="policy")
    app.add_typer(audit_app, name="audit")


def suspend(
    reason: Reason,
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Close this server.")] = None,
    tool: Annotated[str | None, typer.Option(help="Close only this tool of it.")] = None,
    person: Annotated[str | None, typer.Option(help="Close out this person, everywhere.", metavar="LOGIN")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="The registry is down: sign with --key.")] = False,
    key: Annotated[Path | None, typer.Option(help="The emergency private key, PEM.")] = None,
    key_id: Annotated[str | None, typer.Option(help="Its id; the file's name if not given.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder that servers and proxy watch.")] = None,
    url: Url = None,
    env: Env = Environment.PRODUCTION,
) -> None:
    """Close a server, a tool or a person at once. Only a person at the registry's page opens it again."""
    if (server is None) is (person is None) or (tool is not None and server is None):
        raise Unusable("Name a server, a server and --tool, or --person.")
    if server is not None:
        server_name(server)
    where = ("production", "dev") if person else (env.value,)
    if not offline:
        _suspend_by_the_registry(places.base_url(url), where, server, tool, person, reason)
        return
    from surfaces.cli import offline as without_registry

    if key is None:
        raise Unusable("--offline signs with the emergency key: --key FILE.")
    watched = folder or places.suspensions_folder()
    if watched is None:
        raise Unusable("Which folder do servers and proxy watch? Give --folder, as their operator set it up.")
    closing = without_registry.Closing(server=server, tool=tool, person=person, reason=reason)
    for environment in where:
        without_registry.close(closing, environment, key=key, key_id=key_id or key.stem, folder=watched)
    print(f"Closed: {_what(server, tool, person)}, in {' and '.join(where)}, wherever {watched} is watched.")
    print("The registry takes it over when it is back. Then an operator opens it again on its page, Suspensions.")


def _suspend_by_the_registry(
    url: str, where: tuple[str, ...], server: str | None, tool: str | None, person: str | None, reason: str
) -> None:
    from surfaces.cli import asking

    body = {"environment": where[0], "server": server, "tool": tool, "person": person, "reason": reason}
    try:
        said = reading.fields(asking.post(url, "/api/suspensions", body), url)
    except Unreachable as failure:
        raise Unreachable(f"{failure}\nNothing was closed. In a hurry: --offline --key FILE.") from None
    print(f"Closed: {_what(server, tool, person)}, in {' and '.join(where)}.")
    print(f"An operator opens it again at {reading.text(said, 'lifted_at', url)}; no command can.")


def _what(server: str | None, tool: str | None, person: str | None) -> str:
    if person:
        return f"{person}, at every server"
    return f"{tool} of {server}, for everybody" if tool else f"{server}, for everybody"


def why(
    trace: Annotated[str, typer.Argument(metavar="TRACE", help="The trace id that a refusal showed.")], url: Url = None
) -> None:
    """Show what each layer decided about one request of yours."""
    from surfaces.cli import asking

    base, wanted = places.base_url(url), trace.strip().lower()
    if len(wanted) != 32 or set(wanted) - set("0123456789abcdef"):
        raise Unusable(f"{trace!r} is no trace id: 32 hexadecimal digits, as a refusal shows them.")
    whose = f"{base}/api/why"
    said = reading.fields(asking.get(base, f"/api/why/{wanted}"), whose)
    for step in reading.items(said, "steps"):
        print(_line(reading.mapping(step, whose)))


def _line(step: reading.Fields) -> str:
    text = {name: reading.text_or(step, name) for name, value in step.items() if value is not None}
    place = " ".join(text[name] for name in ("environment", "server", "what") if name in text)
    took = f"; took {reading.number_or(step, 'latency_ms', 0):.0f} ms" if "latency_ms" in text else ""
    approval = f"; approval {text['approval']}" if "approval" in text else ""
    ask = f"; to get it: {text['how_to_ask']}" if "how_to_ask" in text else ""
    head = f"{text.get('at', '')[11:19]} {text.get('layer', ''):6}  {place}, as {text.get('who', 'nobody')}"
    return f"{head}: {text.get('detail', '')} (rule {text.get('rule', '')}){approval}{took}{ask}"
