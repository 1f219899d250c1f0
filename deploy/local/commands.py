"""`seedbed up | down | status | logs`: the local stack as commands of the CLI."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

Part = Annotated[str, typer.Argument(help="a name that `seedbed status` shows")]
Again = Annotated[list[str] | None, typer.Option(help="give an experiment that had its 14 days another 14; repeatable")]


def add_to(app: typer.Typer) -> None:
    """Add the stack's commands to `seedbed`."""
    for command in (up, down, status, logs):
        app.command()(command)


def up(again: Again = None) -> None:
    """Start the whole ecosystem on this machine; what runs already is left running."""
    from deploy.local.stack.home import Home
    from deploy.local.stack.running import console
    from deploy.local.stack.running import up as start

    home = Home.load()
    with _said_plainly():
        console.print("[dim]One account owns every part of a local stack; headers prove nothing against it.[/dim]")
        start(home, again or ())
    console.print(f"Seedbed is up at [bold]{home.base}[/bold]   next: seedbed login")


def down() -> None:
    """Stop the local stack; state, ports and logins are kept."""
    from deploy.local.stack.home import Home
    from deploy.local.stack.running import down as stop

    with _said_plainly():
        stop(Home.load())


def status() -> None:
    """Show every part, running or not, and where each environment is entered."""
    from deploy.local.stack import processes
    from deploy.local.stack.home import ENVIRONMENTS, Home
    from deploy.local.stack.running import console, names

    home = Home.load()
    for name in names(home):
        running = processes.found(home, name)
        state = f"running, pid {running.pid}" if running else "not running"
        console.print(f"{name:12} {state:24} {processes.log_of(home, name)}", soft_wrap=True)
    for environment in ENVIRONMENTS:
        doors = f"people {home.edge(environment)}   surfaces and services {home.mesh(environment)}"
        console.print(f"{environment:12} {doors}", soft_wrap=True)
    console.print(f"identity     {home.issuer}\nengine       {home.engine}")


def logs(
    part: Part, follow: Annotated[bool, typer.Option("--follow", "-f", help="keep printing what comes")] = False
) -> None:
    """Print the end of a part's log."""
    from deploy.local.stack import processes
    from deploy.local.stack.home import Home

    file = processes.log_of(Home.load(), part)
    if not file.exists():
        raise typer.BadParameter(f"{part} has written no log; `seedbed status` lists the parts")
    subprocess.run(["/usr/bin/tail", "-n", "40", *(["-f"] if follow else []), str(file)], check=False)  # noqa: S603


@contextmanager
def _said_plainly() -> Generator[None]:
    """A fault of wiring ends the command with its own words and status 1."""
    from platform_core.errors import WiringError

    try:
        yield
    except WiringError as error:
        typer.echo(f"seedbed: {error}", err=True)
        raise typer.Exit(1) from error
