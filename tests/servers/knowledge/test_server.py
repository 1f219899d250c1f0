"""What the tools of Knowledge promise."""

from typing import Any, Literal

import pytest

from platform_core.testing import connect_as
from servers.knowledge.server import server
from tests.servers.knowledge.reached import Reached
from tests.servers.knowledge.shelf import Shelf, somebody

ERAS: list[Literal["auto", "legacy"]] = ["auto", "legacy"]


@pytest.fixture
def travel(shelf: Shelf) -> Shelf:
    shelf.source("handbook", "finance")
    shelf.page(
        "handbook/travel.md",
        "# Travel\n\n## Flights\n\nA flight of more than six hours may be booked in business class.\n\n"
        "## Trains\n\nTrains are first class for everybody.",
        id="travel", title="Travel", owner="lea", groups=["everyone"], updated="2026-05-01",
        url="https://wiki.test/travel",
    )  # fmt: skip
    shelf.page(
        "finance/bonus.md", "The bonus flight budget is 40 EUR.", id="bonus", title="Bonus", owner="ana",
        groups=["finance-analytics"],
    )  # fmt: skip
    shelf.page("finance/draft.md", "A flight draft that names no groups.", id="draft", title="Draft")
    shelf.sync()
    return shelf


@pytest.mark.parametrize("era", ERAS)
async def test_a_passage_comes_with_all_that_it_takes_to_cite_it(travel: Shelf, era: Literal["auto", "legacy"]) -> None:
    async with connect_as(server, "bo", era=era, desk=travel.desk) as knowledge:
        answer = await knowledge.call_tool("search", {"query": "flight in business class"})
    found: Any = answer.structured_content
    best = found["passages"][0]
    assert best["id"].startswith("kb:passage/handbook/travel#flights@")
    assert (best["title"], best["headings"], best["owner"]) == ("Travel", ["Flights"], "lea")
    assert (best["url"], best["updated"]) == ("https://wiki.test/travel", "2026-05-01")
    assert best["text"] == "⟦A flight of more than six hours may be booked in business class.⟧"
    assert best["why_visible"] == "visible to all employees"


async def test_two_people_get_two_answers_to_one_question(travel: Shelf) -> None:
    ana, bo = [await travel.told(who, "search", query="flight") for who in ("ana", "bo")]
    assert "finance/bonus" in str(ana["passages"])
    assert "bonus" not in str(bo)
    assert (ana["searched"], bo["searched"]) == ({"finance": 1, "handbook": 1}, {"handbook": 1})


async def test_a_document_that_names_no_groups_is_nobodys(travel: Shelf) -> None:
    for who in ("ana", "bo", "olu"):
        assert "draft" not in str(await travel.told(who, "search", query="flight draft"))
        hidden, missing = [await travel.call(who, "read", id=f"kb:doc/finance/{name}") for name in ("draft", "nothing")]
        assert str(hidden.content).replace("draft", "nothing") == str(missing.content)


async def test_a_group_that_is_taken_away_is_gone_at_the_next_call(travel: Shelf) -> None:
    assert "finance/bonus" in str(await travel.told(somebody("finance-analytics"), "search", query="bonus"))
    assert "finance" not in str(await travel.told(somebody(), "search", query="bonus"))


async def test_nothing_is_asked_of_anybody_else_while_it_reads_and_searches(shelf: Shelf) -> None:
    reached = Reached()
    try:
        shelf.source("handbook")
        shelf.page("handbook/travel.md", "Flights over six hours.", groups=["everyone"])
        shelf.sync()
        await shelf.told("bo", "search", query="flights")
    finally:
        reached.close()
    assert reached.addresses == set()
