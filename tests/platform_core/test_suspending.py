"""What is suspended is closed at once: to the next message, and to the calls that are on their way."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from platform_core.call import Call, current_call
from platform_core.layer import Layer, Refused
from platform_core.message import message
from platform_core.policy.standing import CALM, Standing
from platform_core.testing import Kept
from platform_core.testing.people import PEOPLE
from tests.platform_core.books import Book, a_layer
from tests.platform_core.serving import PATIENCE
from tests.platform_core.shop.server import server as shop_server
from tests.platform_core.shop.wish import the_wish
from tests.platform_core.visits import records

SHOP, LOOK, ANA = {"server": "shop"}, {"server": "shop", "tool": "look"}, {"person": "ana"}


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def book() -> Book:
    return Book(the_wish())


@pytest.fixture
def layer(book: Book, kept: Kept) -> Layer:
    return a_layer(shop_server, book, kept)


class Running:
    """Calls on their way through the layer, whose bodies wait until the test lets them go."""

    def __init__(self, layer: Layer) -> None:
        self._layer, self.may_end = layer, asyncio.Event()

    async def call(self, who: str, name: str, method: str = "tools/call", *, body: Any = None) -> asyncio.Task[Any]:
        """Send a call on its way and return when its body runs."""
        runs = asyncio.Event()

        async def waits() -> dict[str, Any]:
            runs.set()
            await (body or self.may_end.wait)()
            return {"content": []}

        async def on_its_way() -> dict[str, Any]:
            current_call.set(Call(principal=PEOPLE[who].calling_from()))
            params = {"uri" if method == "resources/read" else "name": name}
            return await self._layer.around(message(method, params, "2026-07-28"), waits)

        task = asyncio.create_task(on_its_way())
        async with asyncio.timeout(PATIENCE):
            await runs.wait()
        return task


async def end_of(task: asyncio.Task[Any]) -> str:
    """How a call ended: `ok`, or the rule that stopped it."""
    async with asyncio.timeout(PATIENCE):
        try:
            await task
        except Refused as refused:
            return refused.decision.rule
        return "ok"


@pytest.mark.parametrize(
    ("what", "stopped"),
    [
        (SHOP, {"ana look", "ana buy", "bo look", "ana shop://rules"}),
        (LOOK, {"ana look", "bo look"}),
        (ANA, {"ana look", "ana buy", "ana shop://rules"}),
        ({"server": "seed"}, set[str]()),
        ({"server": "shop", "tool": "paint"}, set[str]()),
        ({"server": "seed", "tool": "look"}, set[str]()),
        ({"person": "an"}, set[str]()),
    ],
)
async def test_a_suspension_stops_its_calls_and_leaves_the_others_alone(
    layer: Layer, book: Book, what: dict[str, str], stopped: set[str]
) -> None:
    running = Running(layer)
    calls = {f"{who} {tool}": await running.call(who, tool) for who, tool in (("ana", "look"), ("bo", "look"))}
    calls["ana buy"] = await running.call("ana", "buy")
    calls["ana shop://rules"] = await running.call("ana", "shop://rules", "resources/read")
    book.suspend(what)
    layer.judge_again()
    for name in stopped:
        assert await end_of(calls[name]) == "shop/suspended"
    assert {name for name, call in calls.items() if not call.done()} == set(calls) - stopped
    running.may_end.set()
    assert {await end_of(calls[name]) for name in set(calls) - stopped} <= {"ok"}


async def test_a_withdrawn_servers_calls_are_stopped_too(layer: Layer, book: Book) -> None:
    call = await Running(layer).call("ana", "look")
    book.policy = None
    layer.judge_again()
    assert await end_of(call) == "shop/withdrawn"


@pytest.mark.parametrize("lease", [Standing(lease="stale"), Standing(lease="lapsed")])
async def test_a_lease_that_runs_out_and_a_narrower_policy_let_running_calls_end(
    layer: Layer, book: Book, lease: Standing
) -> None:
    running = Running(layer)
    call = await running.call("ana", "buy")
    book.standing, book.policy = lease, the_wish(version=2, gate={"business_groups": ["ads"]})
    layer.judge_again()
    running.may_end.set()
    assert await end_of(call) == "ok"


async def test_a_policy_called_suspended_stops_nobody_for_whom_it_holds(kept: Kept) -> None:
    wish = the_wish().model_dump(by_alias=True)
    rules = wish["policies"] | {"suspended": wish["policies"]["buy"]}
    book = Book(the_wish(policies=rules, tools=wish["tools"] | {"buy": wish["tools"]["buy"] | {"policy": "suspended"}}))
    layer = a_layer(shop_server, book, kept)
    running = Running(layer)
    call = await running.call("ana", "buy")
    layer.judge_again()
    running.may_end.set()
    assert await end_of(call) == "ok"


async def test_who_was_stopped_hears_why_even_if_the_suspension_is_over_by_then(layer: Layer, book: Book) -> None:
    call = await Running(layer).call("ana", "look")
    book.suspend(LOOK)
    layer.judge_again()
    book.standing = CALM
    layer.judge_again()
    with pytest.raises(Refused) as refused:
        await call
    assert refused.value.decision.rule == "shop/suspended"
    assert "look of shop is suspended: an incident" in refused.value.decision.reason
    assert refused.value.how_to_ask == "ask shopkeepers in #ask-shop"


async def _deaf() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


async def _sore() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise ValueError("the engine broke") from None


async def _nested() -> None:
    async with asyncio.TaskGroup() as group, asyncio.timeout(PATIENCE):
        group.create_task(asyncio.Event().wait())
        await asyncio.Event().wait()


@pytest.mark.parametrize("body", [_deaf, _sore, _nested])
async def test_whatever_a_body_makes_of_the_end_its_caller_gets_a_refusal(
    layer: Layer, book: Book, kept: Kept, body: Callable[[], Awaitable[None]]
) -> None:
    call = await Running(layer).call("ana", "look", body=body)
    book.suspend(ANA)
    layer.judge_again()
    layer.judge_again()
    assert await end_of(call) == "shop/suspended"
    assert call.cancelling() == 0
    (record,) = records(kept)
    assert (record.outcome, record.rule, record.result_size) == ("cancelled", "shop/browse", 0)


async def test_a_caller_who_leaves_at_the_same_moment_has_left(layer: Layer, book: Book, kept: Kept) -> None:
    call = await Running(layer).call("ana", "look")
    book.suspend(ANA)
    layer.judge_again()
    call.cancel()
    await asyncio.wait([call], timeout=PATIENCE)
    assert call.cancelled()
    assert [record.outcome for record in records(kept)] == ["cancelled"]


async def test_a_change_that_was_stopped_is_open_and_closed_in_the_records(
    layer: Layer, book: Book, kept: Kept
) -> None:
    call = await Running(layer).call("ana", "paint")
    assert [entry.phase for entry in kept] == ["opened"]
    book.suspend(SHOP)
    layer.judge_again()
    assert await end_of(call) == "shop/suspended"
    assert [(entry.phase, entry.record.outcome) for entry in kept] == [("opened", "unknown"), ("done", "cancelled")]


# -- the next message


def test_what_is_suspended_is_closed_to_the_next_message_and_its_door_forgets_its_guests(
    layer: Layer, book: Book
) -> None:
    ana, bo = (Call(principal=PEOPLE[who].calling_from()) for who in ("ana", "bo"))
    assert layer.opening(ana).allow
    book.suspend(ANA)
    assert layer.opening(ana).rule == "shop/suspended"
    assert layer.opening(bo).allow
    book.suspend(SHOP)
    assert layer.opening(bo).rule == "shop/suspended"
    book.suspend(LOOK)
    assert layer.opening(ana).allow
    assert layer.verdict(ana, "tools/call", "look").rule == "shop/suspended"
    assert layer.verdict(ana, "tools/call", "buy").allow


def test_a_token_of_another_login_is_another_person(layer: Layer, book: Book) -> None:
    book.suspend({"person": "ana"})
    for login in ("Ana", "ana ", "an", "anna"):
        other = Call(principal=replace(PEOPLE["ana"].calling_from(), subject=login))
        assert layer.opening(other).allow
