"""Options and arguments that several commands share."""

import re
from enum import StrEnum
from typing import Annotated

import typer

from surfaces.cli.failures import Unusable


class Environment(StrEnum):
    """Where servers are: approved ones in production, experiments in dev."""

    PRODUCTION = "production"
    DEV = "dev"


Url = Annotated[str | None, typer.Option(help="Base URL of the platform.", metavar="BASE")]
Env = Annotated[Environment, typer.Option("--env", help="production, or dev for experiments.")]
ServerName = Annotated[str, typer.Argument(metavar="SERVER", help="Name of a server, as `seedbed tools` shows it.")]


def server_name(name: str) -> str:
    """`name`, if a server can be called so."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,62}", name):
        raise Unusable(f"{name!r} is no server's name: small letters, digits and hyphens, like presto.")
    return name
