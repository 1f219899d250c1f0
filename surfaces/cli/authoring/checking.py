"""Servers held to the security standard: each in a process of its own, all at once, a line for each finding."""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from surfaces.cli import reading
from surfaces.cli.authoring.clone import Clone, Member
from surfaces.cli.failures import Unusable

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

    def found(server: Member) -> list[str]:
        return list(_findings(clone, server))

    with ThreadPoolExecutor() as side_by_side:
        for lines in side_by_side.map(found, servers):
            yield from lines


def _findings(clone: Clone, server: Member) -> Iterator[str]:
    done = clone.run(clone.python, "-m", JUDGE, server.package)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        yield _line(_LOADS, server.folder.name, f"{server.package} can't be loaded", said, "its author")
        return
    for found in cast("list[object]", json.loads(done.stdout)):
        fields = reading.mapping(found, server.package)
        yield _line(*(reading.text(fields, name, server.package) for name in _FIELDS))


def _line(clause: str, server: str, what: str, how: str, who: str) -> str:
    return reading.printable(f"{clause}  {server}: {what}; {how} [{who}]".replace("\n", " "))
