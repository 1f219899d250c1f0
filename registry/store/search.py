"""What is registered, found by words: in memory, and made anew only of the servers that said something else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Literal

from platform_core.policy.artefact import Environment
from registry.store.present import Snapshot
from registry.store.standing import Standing

Kind = Literal["server", "tool", "team"]
MOST_WORDS = 8
LONGEST = 100
IN_NAME, BESIDE, BELOW = 4, 2, 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that words can find."""

    kind: Kind
    name: str
    server: str
    """The name of the server, of the server of the tool, or of the first server of the team."""
    about: str
    named: str
    beside: str
    below: str

    def worth(self, words: Iterable[str]) -> tuple[int, int]:
        """How many of `words` it has, then how well they stand there."""
        worths = [self._worth_of(word) for word in words]
        return sum(worth > 0 for worth in worths), sum(worths)

    def _worth_of(self, word: str) -> int:
        if word in self.named:
            return IN_NAME
        return BESIDE if word in self.beside else BELOW if word in self.below else 0


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """One server with what can be found of it."""

    standing: Standing
    entries: tuple[Entry, ...]
    text: str
    """Everything that its entries say, so that most servers are passed over at one glance."""


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What can be found in an environment, until somebody may do or be something else."""

    decided: int
    servers: tuple[Shelved, ...]
    teams: tuple[Entry, ...]

    def find(self, words: Sequence[str], *, limit: int) -> tuple[list[Entry], int]:
        """The best `limit` entries that have the most of `words`, and how many there are."""
        found = [(entry.worth(words), entry) for entry in self._at_a_glance(words)]
        most = max((count for (count, _), _ in found), default=0)
        best = [
            (-worth, entry.kind, entry.name, entry.server, entry) for (count, worth), entry in found if count == most
        ]
        first = nsmallest(limit if most else 0, best, key=lambda ranked: ranked[:4])
        return [ranked[-1] for ranked in first], len(best) if most else 0

    def _at_a_glance(self, words: Sequence[str]) -> list[Entry]:
        near = [each for each in self.servers if any(word in each.text for word in words)]
        return [entry for each in near for entry in each.entries] + list(self.teams)


class Index:
    """The shelves of all environments, each kept for as long as it is right."""

    def __init__(self) -> None:
        self._shelves: dict[Environment, Shelf] = {}

    def shelf(self, environment: Environment, snapshot: Snapshot) -> Shelf:
        """What can be found in `environment` as it is in `snapshot`."""
        kept = self._shelves.get(environment)
        if kept is None or kept.decided != snapshot.decided:
            before = {each.standing.name: each for each in kept.servers} if kept else {}
            kept = _shelf(snapshot.decided, [_shelved(each, before.get(each.name)) for each in snapshot.listed])
            self._shelves[environment] = kept
        return kept


def words_of(query: str) -> list[str]:
    """The words of a query, each once, as they are compared."""
    return list(dict.fromkeys(query[:LONGEST].casefold().split()))[:MOST_WORDS]


def _compared(*texts: str) -> str:
    """`get_revenue_metrics` is found by revenue, and by its whole name."""
    whole = " ".join(texts).casefold()
    return f"{whole} {re.sub(r'[_.-]+', ' ', whole)}" if re.search(r"[_.-]", whole) else whole


def _shelf(decided: int, servers: list[Shelved]) -> Shelf:
    teams: dict[str, list[Standing]] = {}
    for each in servers:
        teams.setdefault(each.standing.manifest.owner, []).append(each.standing)
    return Shelf(decided=decided, servers=tuple(servers), teams=tuple(_team(*team) for team in teams.items()))


def _shelved(standing: Standing, before: Shelved | None) -> Shelved:
    """What words find of a server; taken over where it says what it said before."""
    manifest, contract = standing.manifest, standing.contract
    if before and before.standing.manifest is manifest and before.standing.contract is contract:
        return replace(before, standing=standing)
    entries = (_server(standing), *(_tool(standing, name) for name in contract.tools))
    seen = "\n".join(f"{entry.named} {entry.beside} {entry.below}" for entry in entries)
    return Shelved(standing=standing, entries=entries, text=seen)


def _server(standing: Standing) -> Entry:
    manifest = standing.manifest
    return Entry(
        kind="server",
        name=manifest.title,
        server=standing.name,
        about=manifest.summary,
        named=_compared(manifest.title, manifest.name),
        beside=_compared(manifest.summary),
        below=_compared(manifest.owner, *manifest.channels),
    )


def _tool(standing: Standing, name: str) -> Entry:
    first, _, rest = standing.contract.tools[name].description.strip().partition("\n")
    return Entry(
        kind="tool",
        name=name,
        server=standing.name,
        about=first,
        named=_compared(name),
        beside=_compared(first),
        below=_compared(rest, standing.manifest.title),
    )


def _team(owner: str, standings: list[Standing]) -> Entry:
    return Entry(
        kind="team",
        name=owner,
        server=standings[0].name,
        about=", ".join(standing.manifest.title for standing in standings[:5]),
        named=_compared(owner),
        beside=_compared(*standings[0].manifest.channels),
        below="",
    )
