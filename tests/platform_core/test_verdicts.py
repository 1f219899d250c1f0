"""The layer by itself: whose policy it asks, what it remembers of a yes, and that nobody is nobody."""

import asyncio
from typing import Any

import pytest

from platform_core.call import Call, current_call
from platform_core.errors import WiringError
from platform_core.experiment import draft, unreviewed
from platform_core.layer import Layer, Refused
from platform_core.message import message
from platform_core.testing import Kept, connect_as
from platform_core.testing.people import PEOPLE
from tests.platform_core.books import Book, a_layer
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.server import server
from tests.platform_core.shop.wish import the_wish
from tests.platform_core.visits import records


@pytest.fixture(autouse=True)
def fresh_diary() -> None:
    diary.start_over()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def ask_the_layer(layer: Layer, who: str, method: str, name: str | None = None) -> bool:
    return layer.verdict(Call(principal=PEOPLE[who].calling_from()), method, name).allow


@pytest.fixture
def book() -> Book:
    return Book(the_wish())


@pytest.fixture
def layer(book: Book, kept: Kept) -> Layer:
    return a_layer(server, book, kept)


def test_a_new_policy_holds_from_the_next_message_on(layer: Layer, book: Book) -> None:
    assert ask_the_layer(layer, "ana", "tools/call", "look")
    assert not ask_the_layer(layer, "ada", "tools/call", "look")
    book.policy = the_wish(gate={"business_groups": ["ads"]})
    assert not ask_the_layer(layer, "ana", "tools/call", "look")
    assert ask_the_layer(layer, "ada", "tools/call", "look")


def test_the_door_asks_the_policy_in_force_and_remembers_only_its_own_guests(layer: Layer, book: Book) -> None:
    ana, ada = Call(principal=PEOPLE["ana"].calling_from()), Call(principal=PEOPLE["ada"].calling_from())
    for _ in range(2):
        assert layer.opening(ana).allow
        assert not layer.opening(ada).allow
    book.policy = the_wish(gate={"business_groups": ["ads"]})
    for _ in range(2):
        assert not layer.opening(ana).allow
        assert layer.opening(ada).allow


def test_a_withdrawn_server_is_closed_to_everybody_from_the_next_message_on(layer: Layer, book: Book) -> None:
    ana = Call(principal=PEOPLE["ana"].calling_from())
    probe = Call(principal=PEOPLE["ana"].calling_from("probe", client="seedbed-probe"))
    assert layer.opening(ana).allow
    book.policy = None
    for method, name in (("server/discover", None), ("tools/list", None), ("tools/call", "look")):
        for guest in (ana, probe):
            decision = layer.verdict(guest, method, name)
            assert (decision.allow, decision.rule) == (False, "shop/withdrawn")
    assert not layer.opening(ana).allow


async def test_what_a_withdrawn_server_refuses_it_remembers(layer: Layer, book: Book, kept: Kept) -> None:
    book.policy = None
    token = current_call.set(Call(principal=PEOPLE["ana"].calling_from()))
    try:
        with pytest.raises(Refused) as refused:
            await layer.around(message("tools/call", {"name": "look"}, "2026-07-28"), _never)
    finally:
        current_call.reset(token)
    assert "withdrawn" in refused.value.decision.reason
    assert refused.value.how_to_ask
    (record,) = records(kept)
    assert (record.outcome, record.rule, record.policy_version) == ("denied", "shop/withdrawn", 0)


async def _never() -> dict[str, Any]:
    raise AssertionError("a refused message ran")


def test_the_doors_memory_has_a_bound(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform_core.layer.MEMO_ENTRIES", 2)
    guests = [Call(principal=PEOPLE["ana"].calling_from()) for _ in range(5)]
    assert all(layer.opening(guest).allow for guest in guests + guests)


async def test_nobody_is_never_taken_for_somebody(layer: Layer, kept: Kept) -> None:
    """Outside of a call there is no caller, and what has no caller does not run."""

    async def body() -> dict[str, Any]:
        diary.write("ran")
        return {}

    with pytest.raises(WiringError, match="there is no call here"):
        await layer.around(message("tools/call", {"name": "look"}, "2026-07-28"), body)
    assert (diary.lines, list(kept)) == ([], [])


async def test_two_people_at_once_are_never_mixed_up(kept: Kept) -> None:
    async def visit(who: str) -> list[bool]:
        async with connect_as(server, who, kept=kept) as shop:
            return [bool((await shop.call_tool("buy", {"thing": who})).is_error) for _ in range(10)]

    ana, bo = await asyncio.gather(visit("ana"), visit("bo"))
    assert (set(ana), set(bo)) == ({False}, {True})
    assert {(record.user, record.outcome) for record in records(kept)} == {("ana", "ok"), ("bo", "denied")}
    assert set(diary.lines) == {"buy ana for ana"}


def test_an_unreviewed_server_is_never_in_production() -> None:
    layer = unreviewed(server, Kept())
    assert ask_the_layer(layer, "ana", "tools/call", "look")
    assert draft(server.manifest, server.contract()).environment == "dev"
