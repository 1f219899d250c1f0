"""A document that a person may not read equals one that does not exist: over random worlds, people and questions."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_core.auth.principal import Principal
from platform_core.testing import connect_as
from servers.knowledge.server import server
from tests.servers.knowledge.shelf import Shelf, somebody

GROUPS = ("ads", "finance", "support", "platform")
WORDS = ("orders", "refund", "pager", "budget", "late", "flight", "spark", "queue")
SOURCES = ("handbook", "runbooks")


@dataclass(frozen=True)
class Written:
    """One page of a world."""

    number: int
    source: str
    words: tuple[str, ...]
    groups: tuple[str, ...] | None
    """None: the page does not say who may read it."""

    @property
    def mark(self) -> str:
        """A word that stands in this page alone."""
        return f"mark{self.number:03d}"

    def readable(self, person: Principal) -> bool:
        return bool({"everyone", *person.groups} & set(self.groups or ()))

    def put(self, shelf: Shelf) -> None:
        head: dict[str, Any] = {
            "id": f"page{self.number}",
            "title": f"Page {self.number}",
            "owner": f"own{self.number}",
        }
        if self.groups is not None:
            head["groups"] = list(self.groups)
        # All of one length: the mean length of passages is the one thing that the order of words takes from all.
        shelf.page(f"{self.source}/page{self.number:03d}.md", f"{' '.join(self.words)} {self.mark}", **head)


audiences = st.none() | st.lists(st.sampled_from([*GROUPS, "everyone"]), max_size=2, unique=True).map(tuple)
pages = st.tuples(st.sampled_from(SOURCES), st.tuples(*[st.sampled_from(WORDS)] * 6), audiences)
worlds = st.lists(pages, min_size=2, max_size=9).map(
    lambda drawn: [Written(number, *each) for number, each in enumerate(drawn)]
)
people = st.lists(st.sampled_from(GROUPS), max_size=3, unique=True).map(lambda groups: somebody(*groups))
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


def shelved(shelf: Shelf, pages: list[Written]) -> Shelf:
    """A shelf with these pages and nothing else."""
    shelf.source(*SOURCES)
    for page in pages:
        page.put(shelf)
    shelf.sync()
    return shelf


async def everything(shelf: Shelf, who: Principal, world: list[Written], question: str) -> list[Any]:
    """What every tool answers, without the times of syncs."""
    shelf.use(shelf.kept)
    ids = [f"kb:doc/{page.source}/page{page.number}" for page in world]
    hidden = [name for name, page in zip(ids, world, strict=True) if not page.readable(who)]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("search", {"query": question, "limit": 20}),
        ("search", {"query": question, "limit": 1, "cursor": "1"}),
        *(("search", {"query": question, "sources": [source]}) for source in SOURCES),
        ("find_experts", {"topic": question}),
        *(("read", {"id": name}) for name in ids),
        *(("report_gap", {"kind": "wrong", "query": question, "passage_ids": [name]}) for name in hidden),
        ("report_gap", {"kind": "missing", "query": question}),
        ("list_sources", {}),
    ]
    async with connect_as(server, who, desk=shelf.desk) as knowledge:
        told: list[Any] = [(await knowledge.call_tool(tool, given)).structured_content for tool, given in asked]
    for source in told[-1]["sources"]:
        source["synced"] = ""
    return told


@given(world=worlds, who=people, others=st.lists(people, max_size=2), question=questions)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
async def test_every_tool_answers_as_if_what_is_hidden_did_not_exist(
    world: list[Written], who: Principal, others: list[Principal], question: str
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", f"{folder}/cache")
        (Path(folder) / "all").mkdir()
        (Path(folder) / "own").mkdir()
        whole = shelved(Shelf(Path(folder) / "all", patched), world)
        own = shelved(Shelf(Path(folder) / "own", patched), [page for page in world if page.readable(who)])
        assert await everything(whole, who, world, question) == await everything(own, who, world, question)
        less = somebody(*sorted(who.groups)[1:])  # the same person, of whom a group was just taken away
        for person in (less, *others):  # the same index, at once for somebody else
            said = str(await everything(whole, person, world, question))
            assert not [page.mark for page in world if page.mark in said and not page.readable(person)]
