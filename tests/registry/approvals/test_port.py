"""One port, three stores: a file, the registry's database, and the registry asked over its socket."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from platform_core.approval.record import Approval, Bound, Shown
from platform_core.approval.remote import RegistryApprovals
from platform_core.approval.sqlite import SqliteApprovals
from platform_core.approval.store import AT_MOST, UNSEEN_SECONDS, Approvals, TooManyWait
from platform_core.errors import Unavailable
from platform_core.testing import PEOPLE
from registry.approvals.bell import Bell
from registry.approvals.keeping import Keeping
from registry.store.database import open_database
from tests.registry.approvals.door import door_of
from tests.registry.stage import serving

START = 1_000_000.0
LIFE = 600.0


@dataclass
class Clock:
    """Moved by the test, and the only one."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A store and the clock that it goes by."""

    store: Approvals
    clock: Clock

    def question(self, id: int, *, subject: str = "ana", arguments: str = "", **shown: str) -> Approval:
        """A question that nobody asked before; the same arguments make the same call."""
        who = PEOPLE[subject].calling_from()
        bound = Bound.to(
            who, environment="dev", server="garden", tool="clear", contract="sha256:0", arguments=arguments or str(id)
        )
        words = {"title": "Garden", "question": "?", "target": "", "effect": "", "precondition": "", "arguments": "{}"}
        return Approval(
            id=f"{id:032x}", bound=bound, shown=Shown(risk="change", **(words | shown)), state="pending",
            asked_at=self.clock.now, expires_at=self.clock.now + LIFE,
        )  # fmt: skip

    async def ask(self, id: int, **changed: str) -> Approval:
        return await self.store.ask(self.question(id, **changed))

    async def grant(self, id: int) -> bool:
        return await self.store.answer(f"{id:032x}", "granted", on="form", now=self.clock.now)

    async def use(self, id: int) -> bool:
        return await self.store.consume(f"{id:032x}", now=self.clock.now)

    async def state(self, id: int) -> str | None:
        found = await self.store.read(f"{id:032x}", now=self.clock.now)
        return found.state if found else None


@pytest.fixture(params=["file", "database", "socket"])
async def counter(request: pytest.FixtureRequest, folder: Path) -> AsyncGenerator[Counter]:
    clock = Clock()
    if request.param == "file":
        yield Counter(store=SqliteApprovals(folder / "approvals.db"), clock=clock)
        return
    async with open_database(folder / "registry.db") as database:
        keeping = Keeping(database=database, bell=Bell(), clock=clock)
        if request.param == "database":
            yield Counter(store=keeping, clock=clock)
            return
        async with serving((door_of(keeping), folder / "steps.sock")):
            store = RegistryApprovals(folder / "steps.sock")
            yield Counter(store=store, clock=clock)
            await store.close()


async def test_every_step_is_taken_once_and_in_order(counter: Counter) -> None:
    await counter.ask(1)
    assert not await counter.use(1)
    assert await counter.grant(1)
    assert not await counter.store.answer(f"{1:032x}", "declined", on="form", now=START)
    assert await counter.use(1)
    assert not await counter.use(1)
    await counter.store.refer(f"{1:032x}", "job-7", now=START)
    await counter.store.end(f"{1:032x}", "unknown", now=START)
    await counter.store.end(f"{1:032x}", "done", now=START)
    found = await counter.store.read(f"{1:032x}", now=START)
    assert found is not None
    assert (found.state, found.answered_on, found.begun_at, found.reference) == ("done", "form", START, "job-7")


async def test_the_same_call_finds_its_question(counter: Counter) -> None:
    asked = await counter.ask(1, arguments="same")
    assert await counter.ask(2, arguments="same") == asked
    await counter.grant(1)
    assert (await counter.ask(3, arguments="same")).state == "granted"
    assert await counter.state(2) is None


async def test_what_is_shown_differently_is_another_question_and_voids_the_yes(counter: Counter) -> None:
    await counter.ask(1, arguments="same")
    await counter.grant(1)
    second = await counter.ask(2, arguments="same", effect="12 plants go")
    assert (second.state, second.earlier.id if second.earlier else None) == ("pending", f"{1:032x}")
    assert await counter.state(1) == "expired"
    assert not await counter.use(1)


async def test_a_late_answer_and_a_late_use_change_nothing(counter: Counter) -> None:
    await counter.ask(1)
    await counter.ask(2)
    await counter.grant(2)
    counter.clock.now += LIFE
    assert not await counter.grant(1)
    assert not await counter.use(2)
    assert [await counter.state(id) for id in (1, 2)] == ["expired", "expired"]
    assert (await counter.ask(3, arguments="2")).id == f"{3:032x}"


async def test_a_call_whose_end_nobody_saw_is_told_of_when_it_is_asked_again(counter: Counter) -> None:
    await counter.ask(1, arguments="same")
    await counter.grant(1)
    await counter.use(1)
    counter.clock.now += UNSEEN_SECONDS
    assert await counter.state(1) == "unknown"
    again = await counter.ask(2, arguments="same")
    assert again.earlier is not None
    assert (again.earlier.id, again.earlier.state) == (f"{1:032x}", "unknown")


async def test_nobody_is_asked_a_sixth_question(counter: Counter) -> None:
    for id in range(AT_MOST):
        await counter.ask(id)
    with pytest.raises(TooManyWait) as full:
        await counter.ask(6)
    assert [one.id for one in full.value.waiting] == [f"{id:032x}" for id in range(AT_MOST)]
    assert (await counter.ask(7, subject="bo")).state == "pending"
    counter.clock.now += LIFE
    assert (await counter.ask(8)).state == "pending"


async def test_an_approval_that_was_never_asked_for_is_none(counter: Counter) -> None:
    assert await counter.state(9) is None
    assert not await counter.grant(9)
    assert not await counter.use(9)


async def test_a_yes_is_used_up_once_however_many_want_it(counter: Counter) -> None:
    await counter.ask(1)
    await counter.grant(1)
    assert sum(await asyncio.gather(*(counter.use(1) for _ in range(20)))) == 1


async def test_without_the_registry_nothing_is_approved(folder: Path) -> None:
    store = RegistryApprovals(folder / "nobody.sock")
    counter = Counter(store=store, clock=Clock())
    for step in (counter.ask(1), counter.grant(1), counter.use(1), counter.state(1)):
        with pytest.raises(Unavailable, match="Nothing ran"):
            await step
    await store.close()
