"""A yes is for one call of one person, as it was shown, while it lasts; and nobody waits behind too many."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from mcp import Client

from platform_core.approval.desk import Desk
from platform_core.approval.question import Gated, Question
from platform_core.approval.refusals import NotApproved
from platform_core.approval.store import UNSEEN_SECONDS
from platform_core.auth.principal import Principal
from platform_core.call import Call
from platform_core.testing import PEOPLE, answer_on_page, asked_by, connect_as
from tests.platform_core.approval.asking import PULL
from tests.platform_core.visits import fields_of, text_of
from tests.servers.garden.beds import FOG, MARSH, QUICKSAND, garden
from tests.servers.garden.server import server

ANA = PEOPLE["ana"].calling_from()


@dataclass
class Clock:
    """A clock that a test puts forward."""

    at: float = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(desk: Desk, clock: Clock) -> Desk:
    return replace(desk, clock=clock)


@asynccontextmanager
async def granted(desk: Desk, tool: str, arguments: dict[str, Any]) -> AsyncGenerator[Client]:
    """Ana's client, after her yes to one call."""
    async with connect_as(server, ANA, desk=desk) as visit:
        assert await answer_on_page(desk, await visit.call_tool(tool, arguments))
        yield visit


OTHERS: dict[str, Callable[[Desk], tuple[Desk, Principal, dict[str, Any]]]] = {
    "another person": lambda desk: (desk, PEOPLE["bo"].calling_from(), PULL),
    "another client of hers": lambda desk: (desk, replace(ANA, client="seedbed-cli-dev"), PULL),
    "another surface": lambda desk: (desk, replace(ANA, surface="chat-bot"), PULL),
    "another workload": lambda desk: (desk, replace(ANA, workload="spiffe://seedbed.internal/dev/other"), PULL),
    "another channel": lambda desk: (desk, replace(ANA, channel="#other"), PULL),
    "other arguments": lambda desk: (desk, ANA, PULL | {"plants": 4}),
    "another contract": lambda desk: (replace(desk, contract="sha256:" + "0" * 64), ANA, PULL),
    "another server": lambda desk: (replace(desk, server="shop"), ANA, PULL),
    "another environment": lambda desk: (replace(desk, environment="production"), ANA, PULL),
}


@pytest.mark.parametrize("other", OTHERS)
async def test_a_yes_is_for_one_call_and_no_other(other: str, desk: Desk) -> None:
    async with granted(desk, "pull_up", PULL):
        there, who, arguments = OTHERS[other](desk)
        async with connect_as(server, who, desk=there) as visit:
            result = await visit.call_tool("pull_up", arguments)
    assert fields_of(result)["code"] == "approval_required"
    assert garden.work == []


async def test_an_argument_that_is_left_out_is_its_default(desk: Desk) -> None:
    async with granted(desk, "pull_up", PULL) as visit:
        assert not (await visit.call_tool("pull_up", PULL | {"confirm": False})).is_error


async def test_a_yes_is_void_when_what_was_shown_has_changed(desk: Desk) -> None:
    async with granted(desk, "clear", {"bed": "roses"}) as visit:
        await garden.pull_up("roses", 1)
        result = await visit.call_tool("clear", {"bed": "roses"})
        asked = await asked_by(desk, result)
    assert garden.work == []
    assert asked.shown.precondition == "11 plants in roses"
    assert asked.earlier is not None
    assert (asked.earlier.state, asked.earlier.shown.precondition) == ("expired", "12 plants in roses")


async def test_a_yes_holds_while_what_was_shown_is_so(desk: Desk) -> None:
    async with granted(desk, "clear", {"bed": "roses"}) as visit:
        assert fields_of(await visit.call_tool("clear", {"bed": "roses"})) == {"bed": "roses", "plants": 0}


async def test_a_question_and_a_yes_end(timed: Desk, clock: Clock) -> None:
    async with connect_as(server, ANA, desk=timed) as visit:
        asked = await visit.call_tool("pull_up", PULL)
        clock.at += timed.lifetime
        assert not await answer_on_page(timed, asked), "the question has ended"
        later = await visit.call_tool("pull_up", PULL)
        assert await answer_on_page(timed, later)
        clock.at += timed.lifetime
        result = await visit.call_tool("pull_up", PULL)
    assert (await asked_by(timed, asked)).state == "expired"
    assert (await asked_by(timed, later)).state == "expired"
    assert fields_of(result)["code"] == "approval_required"
    assert garden.work == []


async def test_a_sixth_question_is_not_asked(timed: Desk, clock: Clock) -> None:
    async with connect_as(server, ANA, desk=timed) as visit:
        links = [fields_of(await visit.call_tool("pull_up", PULL | {"plants": n}))["url"] for n in range(1, 6)]
        sixth = await visit.call_tool("pull_up", PULL | {"plants": 6})
        fifth = await visit.call_tool("pull_up", PULL | {"plants": 5})
        async with connect_as(server, "bo", desk=timed) as another:
            of_another = await another.call_tool("pull_up", PULL)
        clock.at += timed.lifetime
        later = await visit.call_tool("pull_up", PULL | {"plants": 6})
    assert fields_of(sixth)["code"] == "too_many_approvals"
    assert all(link in text_of(sixth) for link in links)
    assert fields_of(fifth)["url"] == links[-1]
    assert fields_of(of_another)["code"] == fields_of(later)["code"] == "approval_required"


async def test_a_crash_in_the_body_leaves_an_end_that_nobody_knows_and_is_never_begun_again(desk: Desk) -> None:
    lost = {"bed": MARSH, "plants": 1}
    async with granted(desk, "pull_up", lost) as visit:
        crashed = await visit.call_tool("pull_up", lost)
        again = await visit.call_tool("pull_up", lost)
        asked = await asked_by(desk, again)
    assert fields_of(crashed)["code"] == "crash"
    assert fields_of(again)["code"] == "approval_required"
    assert asked.earlier is not None
    assert (asked.earlier.state, asked.earlier.reference) == ("unknown", "garden:job/marsh-1")
    assert len(garden.work) == 1


@pytest.mark.parametrize(("bed", "state"), [(FOG, "unknown"), ("nowhere", "done"), ("roses", "done")])
async def test_an_end_is_known_unless_the_backend_went_away(bed: str, state: str, desk: Desk) -> None:
    async with granted(desk, "pull_up", {"bed": bed, "plants": 1}) as visit:
        before = await asked_by(desk, await visit.call_tool("pull_up", {"bed": bed, "plants": 2}))
        await visit.call_tool("pull_up", {"bed": bed, "plants": 1})
        after = await visit.call_tool("pull_up", {"bed": bed, "plants": 1})
        asked = await asked_by(desk, after)
    assert before.earlier is None
    assert (asked.earlier.state if asked.earlier else "done") == state


async def test_a_call_that_is_cancelled_in_its_body_has_an_unknown_end(desk: Desk) -> None:
    sink = {"bed": QUICKSAND, "plants": 1}
    async with granted(desk, "pull_up", sink) as visit:
        call = asyncio.create_task(visit.call_tool("pull_up", sink))
        await asyncio.wait_for(garden.sinking.wait(), 20)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        again = await asked_by(desk, await visit.call_tool("pull_up", sink))
    assert again.earlier is not None
    assert (again.earlier.state, again.earlier.reference) == ("unknown", "garden:job/quicksand-1")


async def test_what_nobody_told_the_end_of_is_unknown_after_a_while(timed: Desk, clock: Clock) -> None:
    async with granted(timed, "pull_up", PULL) as visit:
        found = await asked_by(timed, await visit.call_tool("pull_up", PULL | {"plants": 1}))
        await timed.store.answer(found.id, "granted", on="page", now=clock.at)
        assert await timed.store.consume(found.id, now=clock.at)
        clock.at += UNSEEN_SECONDS
        ended = await timed.store.read(found.id, now=clock.at)
    assert ended is not None
    assert ended.state == "unknown"


async def test_a_service_has_nobody_to_ask(desk: Desk) -> None:
    """The policy lets no service near such a tool; the desk says so itself."""
    night = Call(principal=Principal.service("spiffe://seedbed.internal/dev/service/night"))
    tool = Gated(name="water", risk="low", secret=frozenset())
    with pytest.raises(NotApproved, match="asks a person"):
        await desk.ask(night, tool, {}, Question(text="Pour?"), agent=None)
