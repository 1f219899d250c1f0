"""A record is taken once, however often it is sent, and the totals are what the records say."""

import json
import random
from typing import Any

import httpx2
import pytest

from registry.store import totals
from registry.store.totals import Count
from tests.registry.records import entry
from tests.registry.stage import Registry


async def send(registry: Registry, entries: list[dict[str, Any]]) -> httpx2.Response:
    return await registry.platform.post("/api/invocations", json=entries)


async def rows(registry: Registry, sql: str) -> list[tuple[Any, ...]]:
    async with registry.parts.database.reading() as connection:
        return [tuple(row) for row in await connection.exec_driver_sql(sql)]


COUNTED = "SELECT calls, ok, errors, denied, minutes FROM server_totals WHERE server = 'presto'"


async def test_a_record_sent_twice_is_taken_once(registry: Registry) -> None:
    batch = [entry(number) for number in range(3)]
    assert (await send(registry, batch)).json() == {"taken": 3}
    assert (await send(registry, [*batch, entry(3)])).json() == {"taken": 1}
    assert await rows(registry, COUNTED) == [(4, 4, 0, 0, 16.0)]


async def test_a_record_twice_in_one_batch_is_taken_once(registry: Registry) -> None:
    assert (await send(registry, [entry(1), entry(1)])).json() == {"taken": 1}
    assert await rows(registry, COUNTED) == [(1, 1, 0, 0, 4.0)]


async def test_services_are_counted_apart_from_people(registry: Registry) -> None:
    workload = "spiffe://seedbed.internal/production/service/nightly"
    nightly: dict[str, Any] = {"surface": "service", "user": None, "workload": workload}
    calls = [entry(f"s-{end}", outcome=end, **nightly) for end in ("ok", "tool_error", "denied")]
    await send(registry, [entry("p"), *calls])
    async with registry.parts.database.reading() as connection:
        recent = await totals.recent(connection, "production", "presto", now=registry.parts.clock())
    assert (recent.total.calls, recent.people, recent.total.minutes) == (1, 1, 4.0)
    assert recent.services == {workload: Count(calls=3, ok=1, errors=1, denied=1)}


async def test_an_opened_change_is_closed_by_its_end_and_counted_then(registry: Registry) -> None:
    await send(registry, [entry(1, phase="opened", outcome="unknown")])
    assert await rows(registry, COUNTED) == []
    await send(registry, [entry(1, outcome="ok")])
    assert await rows(registry, "SELECT phase, outcome FROM invocations") == [("done", "ok")]
    assert await rows(registry, COUNTED) == [(1, 1, 0, 0, 4.0)]


async def test_an_end_is_never_opened_again(registry: Registry) -> None:
    await send(registry, [entry(1)])
    await send(registry, [entry(1, phase="opened", outcome="unknown")])
    assert await rows(registry, "SELECT phase, outcome FROM invocations") == [("done", "ok")]
    await send(registry, [entry(2, phase="opened"), entry(2)])
    assert await rows(registry, COUNTED) == [(2, 2, 0, 0, 8.0)]


async def test_what_was_recorded_is_kept_and_the_result_lies_apart(registry: Registry) -> None:
    await send(registry, [entry(1, body='{"rows": 3}', trace_id="t1", groups=("a", "b"))])
    kept = await rows(registry, "SELECT user, tool, arguments, trace_id, groups, rule FROM invocations")
    assert kept == [("ana", "run_query", '{"sql": "select 1"}', "t1", '["a", "b"]', "presto/execute")]
    assert await rows(registry, "SELECT id, result FROM invocation_bodies") == [("call-1", '{"rows": 3}')]


async def test_the_newest_records_come_first_and_a_trace_finds_its_own(registry: Registry) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    await send(registry, [entry(1), entry(2, trace_id=trace, body='{"rows": 3}'), entry(3)])
    newest = (await registry.platform.get("/api/invocations", params={"limit": 2})).json()
    assert [record["id"] for record in newest] == ["call-3", "call-2"]
    [found] = (await registry.platform.get("/api/invocations", params={"trace": trace})).json()
    assert (found["user"], found["tool"], found["outcome"]) == ("ana", "run_query", "ok")
    assert "rows" not in str(found)


async def test_records_are_for_the_platforms_own_parts(registry: Registry) -> None:
    assert (await registry.public.get("/api/invocations")).status_code in (401, 404)


@pytest.mark.parametrize(
    ("changed", "counted"),
    [
        ({"outcome": "tool_error"}, (1, 0, 1, 0, 0.0)),
        ({"outcome": "exception"}, (1, 0, 1, 0, 0.0)),
        ({"outcome": "invalid"}, (1, 0, 1, 0, 0.0)),
        ({"outcome": "cancelled"}, (1, 0, 0, 0, 0.0)),
        ({"outcome": "denied", "allowed": False}, (1, 0, 0, 1, 0.0)),
        ({"outcome": "denied", "allowed": False, "method": "initialize", "tool": None}, (0, 0, 0, 1, 0.0)),
        ({"user": None, "workload": "spiffe://corp/nightly"}, (1, 1, 0, 0, 0.0)),
        ({"user": "seedbed-probe", "client": "seedbed-probe", "surface": "probe"}, (1, 1, 0, 0, 0.0)),
        ({"method": "resources/read"}, (1, 1, 0, 0, 4.0)),
    ],
    ids=str,
)
async def test_each_end_is_counted_as_what_it_is(
    registry: Registry, changed: dict[str, Any], counted: tuple[float, ...]
) -> None:
    await send(registry, [entry(1, **changed)])
    assert await rows(registry, COUNTED) == [counted]


async def test_opening_and_listing_are_no_calls(registry: Registry) -> None:
    await send(registry, [entry(1, method="tools/list", tool=None), entry(2, method="server/discover", tool=None)])
    assert await rows(registry, COUNTED) == []
    assert await rows(registry, "SELECT count(*) FROM invocations") == [(2,)]


async def test_the_totals_equal_what_the_records_say(registry: Registry) -> None:
    dice = random.Random(7)  # noqa: S311
    sent = [
        entry(
            number,
            time=1_790_000_000 + dice.randrange(40 * 86_400),
            tool=dice.choice(["run_query", "find_tables"]),
            surface=dice.choice(["cli", "registry"]),
            user=dice.choice(["ana", "bo", "olu"]),
            outcome=dice.choice(["ok", "ok", "ok", "tool_error", "denied", "cancelled"]),
            minutes=dice.choice([2.0, 4.0]),
        )
        for number in range(600)
    ]
    for start in range(0, 600, 150):
        await send(registry, sent[start : start + 200])
    truth = """SELECT strftime('%Y-%m-%d', time, 'unixepoch'), tool, surface, count(*), sum(outcome = 'ok'),
      sum(outcome = 'tool_error'), sum(outcome = 'denied'), sum(iif(outcome = 'ok', minutes, 0))
      FROM invocations GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
    kept = """SELECT day, tool, surface, calls, ok, errors, denied, minutes FROM day_totals ORDER BY 1, 2, 3"""
    assert await rows(registry, kept) == await rows(registry, truth)
    people = """SELECT DISTINCT strftime('%Y-%m-%d', time, 'unixepoch'), user FROM invocations
      WHERE outcome != 'denied' ORDER BY 1, 2"""
    assert await rows(registry, "SELECT day, user FROM day_callers ORDER BY 1, 2") == await rows(registry, people)


async def test_the_metrics_say_what_the_totals_say(registry: Registry) -> None:
    await registry.make_live("presto")
    await registry.make_live("seed")
    await send(registry, [entry(1), entry(2, outcome="tool_error"), entry(3, outcome="denied")])
    shown = (await registry.platform.get("/metrics")).text
    assert 'seedbed_registry_servers{environment="production",state="unknown"} 2.0' in shown
    assert 'seedbed_registry_tools{environment="production"} 4.0' in shown
    assert 'seedbed_registry_calls_total{environment="production",server="presto"} 3.0' in shown
    assert 'seedbed_registry_call_ends_total{end="errors",environment="production",server="presto"} 1.0' in shown
    assert 'seedbed_registry_minutes_saved_total{environment="production",server="presto"} 4.0' in shown


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'[{"record": {}}]',
        json.dumps([entry(number) for number in range(201)]).encode(),
        json.dumps([entry(1, time=1e300)]).encode(),
        json.dumps([entry(1, minutes=-1.0)]).encode(),
        b"[" * 100_000,
    ],
    ids=["empty", "no list", "no record", "too many", "no such time", "no such minutes", "deep"],
)
async def test_what_is_no_batch_of_records_is_refused_whole(registry: Registry, body: bytes) -> None:
    answer = await registry.platform.post("/api/invocations", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert await rows(registry, "SELECT count(*) FROM invocations") == [(0,)]
