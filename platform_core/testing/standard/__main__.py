"""`python -m platform_core.testing.standard PACKAGE`: the findings of one server as JSON, for `seedbed check`."""

import asyncio
import sys
from importlib import import_module

from pydantic import TypeAdapter

from platform_core.errors import WiringError
from platform_core.registration.manifest import read_manifest
from platform_core.testing.standard.finding import Finding
from platform_core.testing.standard.run import findings_of_server

LOADS = "MCP-FACTS-2"


def main() -> None:
    """Print what is found. Code that can't be imported ends this with its traceback."""
    (package,) = sys.argv[1:]
    print(TypeAdapter(list[Finding]).dump_json(findings(package)).decode())


def findings(package: str) -> list[Finding]:
    """Every clause that the server in `package` does not keep; of one that refuses to start, why."""
    try:
        return asyncio.run(findings_of_server(import_module(f"{package}.server").server))
    except WiringError as error:
        what, _, how = str(error).partition(": ")
        clause = error.clause or LOADS
        name, who = _answers_for(package)
        return [Finding(clause=clause, server=name, what=what, who=who, how=how)]


def _answers_for(package: str) -> tuple[str, str]:
    """The server's name and who can mend it."""
    try:
        manifest = read_manifest(package)
    except WiringError:
        return package.rpartition(".")[2], "its author"
    return manifest.name, f"its owner: {manifest.how_to_ask}"


if __name__ == "__main__":
    main()
