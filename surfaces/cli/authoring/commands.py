"""`seedbed new` and `seedbed check`: each imports what it needs when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from surfaces.cli.failures import Failed


def add_to(app: typer.Typer) -> None:
    """Add these commands to `seedbed`."""
    app.command()(new)
    app.command()(check)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the server is called, like airflow.")],
    team: Annotated[str, typer.Option(help="The group of the directory that owns it, like data-platform.")],
    channel: Annotated[str, typer.Option(help="Where that team can be asked, like ask-airflow.")],
) -> None:
    """Begin a server of your own: copy the seed, run its tests, say what is next."""
    from surfaces.cli.authoring import lists, planting
    from surfaces.cli.authoring.clone import Clone
    from surfaces.cli.authoring.installing import install
    from surfaces.cli.authoring.naming import planned

    clone = Clone.around(Path.cwd())
    plan = planned(clone, name, team, channel)
    made = planting.plant(clone, plan)
    lists.write(clone)
    print(f"{plan.title}: {len(made)} files in {plan.folder} and {plan.tests}; its name in {clone.settings.name}.")
    installed = install(clone, plan)
    tested = clone.run(clone.python, "-m", "pytest", "-q", "--no-header", plan.tests)
    if tested.returncode != 0:
        raise Failed(
            f"{tested.stdout}{tested.stderr}\nIts tests fail. Is `make setup` done, and does the seed's own pass?"
        )
    print(f"Its tests: {tested.stdout.strip().splitlines()[-1]}.", "", "Next:", sep="\n")
    print(f"  1. Put your tool in the place of `greet`: {plan.folder}/server.py, server.yaml, and {plan.tests}.")
    print(f"  2. seedbed check {plan.name}")
    print(f"  3. {'' if installed else 'make setup && '}seedbed up    # runs it in dev, for {plan.team} alone")
    print(f"When others shall have it: `seedbed submit {plan.package} --help` says what its owner answers for reviews.")


def check(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="This server alone.")] = None,
) -> None:
    """Hold the servers of a clone to the security standard: a line for each clause that is not kept."""
    from surfaces.cli.authoring import checking
    from surfaces.cli.authoring.clone import Clone

    clone = Clone.around(Path.cwd())
    servers = checking.chosen(clone, name)
    if found := list(checking.findings(clone, servers)):
        raise Failed("\n".join([*found, "", "The clauses and their reasons: docs/security-standard.md"]))
    print(f"{', '.join(server.folder.name for server in servers)}: every clause is kept that a program can check.")
