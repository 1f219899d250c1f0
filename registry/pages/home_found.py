"""What words find: servers, tools and teams, each with whether somebody can use it and whom to ask."""

from dataclasses import dataclass

from platform_core.auth.principal import Principal
from registry.pages.home_rows import Row, row
from registry.pages.open_to import OpenTo, access
from registry.parts import Parts
from registry.store.search import Entry, words_of
from registry.store.standing import Standing

MOST = 50


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing that was found."""

    entry: Entry
    row: Row
    """The server that it is, or is of."""
    tool: OpenTo | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """The best of what was found, production first."""

    words: list[str]
    hits: list[Hit]
    total: int


async def found(parts: Parts, person: Principal, query: str) -> Found:
    """Look for `query` in every environment."""
    words, now = words_of(query), parts.clock()
    hits: list[Hit] = []
    total = 0
    for environment in sorted(parts.bases, reverse=True):
        snapshot = await parts.present.of(environment)
        entries, count = parts.index.shelf(environment, snapshot).find(words, limit=MOST - len(hits))
        hits += [_hit(entry, snapshot.servers[entry.server], person, now) for entry in entries]
        total += count
    return Found(words=words, hits=hits, total=total)


def _hit(entry: Entry, standing: Standing, person: Principal, now: float) -> Hit:
    tool = None
    if entry.kind == "tool":
        tool = access(standing, person, now=now, tools=[entry.name]).tools[entry.name]
    return Hit(entry=entry, row=row(standing, person, now=now, tools=entry.kind == "server"), tool=tool)
