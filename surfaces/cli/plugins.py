"""Commands that other wheels add: the entry points of `seedbed.commands`, each given the app."""

import sys
from importlib.metadata import entry_points

import typer

GROUP = "seedbed.commands"


def add_to(app: typer.Typer) -> None:
    """Let every installed wheel add its commands; one that can't be loaded is named and left out."""
    for entry in sorted(entry_points(group=GROUP)):
        try:
            add = entry.load()
        except (ImportError, AttributeError) as error:
            print(f"seedbed: the commands of {entry.value} are left out: {error}", file=sys.stderr)
        else:
            add(app)
