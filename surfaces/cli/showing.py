"""The catalogue on a terminal: words first, nothing hidden, nobody's markup obeyed."""

import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from surfaces.cli.catalogue import Catalogue, Server

WIDE = 160  # a pipe has no width of its own


def show(catalogue: Catalogue) -> None:
    """Print every server with its tools."""
    width = None if sys.stdout.isatty() else WIDE
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    for server in catalogue.servers:
        _show_server(console, server)
    if not catalogue.servers:
        why = catalogue.why_empty or "The registry gave no reason; ask the platform's operators."
        console.print(f"{catalogue.person} may use nothing here. {why}")


def _show_server(console: Console, server: Server) -> None:
    head = Text(server.name, style="bold").append(f"  {server.title}", style="not bold")
    console.print(head.append(f"  {_health(server)}", style="not bold dim"))
    console.print(Padding(Text(server.summary), (0, 0, 0, 2), expand=False))
    console.print(Padding(Text(f"{server.url}   owner {server.owner}", style="dim"), (0, 0, 0, 2), expand=False))
    tools = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for tool in server.tools:
        first_line = next(iter(tool.description.splitlines()), "")
        tools.add_row(Text(tool.name), Text(tool.risk), Text(tool.data_class), Text(first_line))
    if not server.tools:
        tools.add_row(Text("You may open this server and call none of its tools.", style="dim"))
    console.print(Padding(tools, (0, 0, 1, 2), expand=False))


def _health(server: Server) -> str:
    if server.checked_at is None:
        return f"{server.status}, never checked"
    seconds = max(0, int((datetime.now(UTC) - server.checked_at).total_seconds()))
    return f"{server.status}, checked {f'{seconds} s' if seconds < 120 else f'{seconds // 60} min'} ago"
