"""What is kept, how long, and how somebody's name leaves it."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from platform_core.audit import Chain, verify
from platform_core.policy.suspend import Suspension
from registry.retention import DAY, Retention
from registry.store import audit, erasing, totals
from tests.registry.records import entry
from tests.registry.stage import Registry


async def rows(registry: Registry, sql: str) -> list[Any]:
    async with registry.parts.database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def ship(registry: Registry, *entries: dict[str, Any]) -> None:
    (await registry.platform.post("/api/invocations", json=list(entries))).raise_for_status()


def in_days(registry: Registry, days: float) -> Retention:
    """The one who forgets, some days from now."""
    now = registry.parts.clock() + days * DAY
    return Retention(database=registry.parts.database, arguments_days=30, records_days=400, clock=lambda: now)


async def chain(registry: Registry) -> Chain:
    async with registry.parts.database.reading() as connection:
        return verify(await audit.lines(connection, after=0, most=10_000))


@pytest.fixture
async def called(registry: Registry) -> Registry:
    """1,400 calls of ana with arguments and results, and one of bo."""
    for batch in range(7):
        await ship(
            registry, *(entry(f"{batch}-{n}", body=json.dumps({"query_id": f"q-{batch}-{n}"})) for n in range(200))
        )
    await ship(registry, entry("bo", user="bo", body="his"))
    return registry


async def test_arguments_and_results_are_kept_for_thirty_days_and_the_record_longer(called: Registry) -> None:
    counts = "SELECT count(*), count(arguments), (SELECT count(*) FROM invocation_bodies) FROM invocations"
    await in_days(called, 29.9).forget()
    assert await rows(called, counts) == [(1401, 1401, 1401)]
    await in_days(called, 30.1).forget()
    assert await rows(called, counts) == [(1401, 0, 0)]
    await in_days(called, 400.1).forget()
    assert await rows(called, counts) == [(0, 0, 0)]
    assert await rows(called, "SELECT count(*) FROM call_references") == [(0,)]
    async with called.parts.database.reading() as connection:
        counted = (await totals.since_the_start(connection, "production"))["presto"]
    assert (counted.calls, counted.minutes) == (1401, 1401 * 4.0)


async def test_what_comes_later_is_forgotten_later(registry: Registry) -> None:
    await ship(registry, entry(1))
    await in_days(registry, 31).forget()
    await ship(registry, entry(2))
    await in_days(registry, 29).forget()
    assert await rows(registry, "SELECT id, arguments IS NULL FROM invocations ORDER BY id") == [
        ("call-1", 1), ("call-2", 0)
    ]  # fmt: skip


async def test_others_write_between_two_steps(called: Registry) -> None:
    """One step is small: a writer that comes meanwhile is served long before all is forgotten."""
    forgetting = asyncio.create_task(in_days(called, 31).forget())
    await ship(called, entry("meanwhile"))
    left = (await rows(called, "SELECT count(arguments) FROM invocations WHERE id <> 'call-meanwhile'"))[0][0]
    await forgetting
    assert left > 0


async def erase(registry: Registry, person: str, login: str = "olu") -> Any:
    ask = {"person": person, "reason": f"{person} asked for it"}
    return await registry.public.post("/api/erasures", json=ask, headers=registry.issuer.headers(login))


async def test_whoever_is_erased_is_nowhere_and_all_numbers_stay(called: Registry) -> None:
    await called.parts.suspending.suspend(
        Suspension(person="ana", reason="ana shared a token", by="olu", at=1), ["production"]
    )
    before = await rows(called, "SELECT * FROM server_totals")
    alias = (await erase(called, "ana")).raise_for_status().json()["alias"]
    done = "SELECT count(*) FROM erasures WHERE done_at IS NOT NULL AND person IS NULL"
    deadline = asyncio.get_running_loop().time() + 60
    while await rows(called, done) != [(1,)]:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    assert await rows(called, "SELECT DISTINCT user, arguments FROM invocations WHERE user <> 'bo'") == [(alias, None)]
    assert await rows(called, "SELECT id FROM invocation_bodies") == [("call-bo",)]
    assert await rows(called, "SELECT count(DISTINCT user) FROM day_callers") == [(2,)]
    assert await rows(called, "SELECT * FROM server_totals") == before
    for table in ("invocations", "day_callers", "month_callers", "turned_away", "audit", "erasures", "sessions"):
        for row in await rows(called, f"SELECT * FROM {table}"):  # noqa: S608  # names of ours
            assert "ana" not in json.dumps(row).replace("analytics", "")


async def test_the_audit_log_stays_whole_without_the_name(registry: Registry) -> None:
    entry_of = Suspension(person="ana", reason="ana shared a token", by="olu", at=1)
    await registry.parts.suspending.suspend(entry_of, ["production"])
    async with registry.parts.database.writing() as connection:
        alias = await erasing.ask(connection, person="ana", by="olu", reason="she asked", now=2.0)
    await in_days(registry, 0).forget()
    async with registry.parts.database.reading() as connection:
        lines = await audit.lines(connection, after=0, most=10)
    assert [(line.act, line.about) for line in lines] == [
        ("person.suspended", alias), ("erasure.asked", alias), ("subject.erased", alias)
    ]  # fmt: skip
    assert lines[0].detail["reason"] == f"{alias} shared a token"
    assert (await chain(registry)).fault is None
    async with registry.parts.database.writing() as connection:
        await connection.execute(text("UPDATE audit SET about = 'bo' WHERE number = 1"))
    assert str((await chain(registry)).fault) == "line 1: its words are not those that were written"


async def test_an_erasure_that_was_stopped_between_two_steps_goes_on(called: Registry) -> None:
    async with called.parts.database.writing() as connection:
        alias = await erasing.ask(connection, person="ana", by="olu", reason="asked", now=1.0)
        assert await erasing.step(connection, now=1.0)
    half = await rows(called, f"SELECT count(*) FROM invocations WHERE user = '{alias}'")  # noqa: S608  # a name of ours
    assert half == [(erasing.STEP,)]
    await in_days(called, 0).forget()
    assert await rows(called, "SELECT DISTINCT user FROM invocations ORDER BY user") == [("bo",), (alias,)]


@pytest.mark.parametrize("login", ["ana", "sam", "tom"])
async def test_only_an_operator_erases(registry: Registry, login: str) -> None:
    assert (await erase(registry, "bo", login)).status_code == 403


async def test_whoever_is_erased_twice_has_one_alias(registry: Registry) -> None:
    async with registry.parts.database.writing() as connection:
        ask = [await erasing.ask(connection, person="bo", by="olu", reason="asked", now=1.0) for _ in range(2)]
    assert ask[0] == ask[1]
