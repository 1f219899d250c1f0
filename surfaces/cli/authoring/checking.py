"""Servers held to the security standard: a line for each finding."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from surfaces.cli import reading
from surfaces.cli.authoring.clone import Clone, Member
from surfaces.cli.failures import Failed, Unusable

JUDGE = "platform_core.testing.standard"
_LOADS = "MCP-FACTS-2"
_FIELDS = ("clause", "server", "what", "how", "who")


def chosen(clone: Clone, name: str | None) -> Sequence[Member]:
    """The server of that name, or every one of the clone."""
    servers = clone.servers()
    if name is None:
        return servers
    folder = name.replace("-", "_")
    found = [server for server in servers if server.folder.name == folder]
    if not found:
        known = ", ".join(server.folder.name.replace("_", "-") for server in servers)
        raise Unusable(f"No server {name} is in this clone: {known}. To begin one: `seedbed new`.")
    return found


def findings(clone: Clone, servers: Iterable[Member]) -> Iterator[str]:
    """What any of them does not keep: clause, server, what was seen, how it is mended, by whom."""
    done = clone.run(clone.python, "-m", JUDGE, *(server.package for server in servers))
    if done.returncode != 0:
        raise Failed(f"Nothing could be checked. Is `make setup` done?\n{done.stderr.strip()[-1000:]}")
    for judged in cast("list[object]", json.loads(done.stdout)):
        yield from _findings(reading.mapping(judged, JUDGE))


def _findings(judged: reading.Fields) -> Iterator[str]:
    package = reading.text(judged, "package", JUDGE)
    if failure := reading.text(judged, "failure", JUDGE):
        yield _line(_LOADS, package.rpartition(".")[2], f"{package} can't be loaded", failure, "its author")
    for found in reading.items(judged, "findings"):
        fields = reading.mapping(found, package)
        yield _line(*(reading.text(fields, name, package) for name in _FIELDS))


def _line(clause: str, server: str, what: str, how: str, who: str) -> str:
    return reading.printable(f"{clause}  {server}: {what}; {how} [{who}]".replace("\n", " "))
