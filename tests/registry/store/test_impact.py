"""The numbers of the ecosystem are what the raw records say, to the minute."""

import importlib
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from registry.store import impact
from registry.store.impact import Figures
from registry.store.tables import Table
from tests.registry.records import entry
from tests.registry.stage import Registry, registration
from tests.registry.store.raw_impact import raw_figures

DAY = 86_400
BEFORE, SPAN = 25 * DAY, 40 * DAY
"""The calls fall into two or three months around now. What the proxy refused is forgotten after 30 days."""
OUTCOMES = ("ok", "ok", "ok", "ok", "tool_error", "invalid", "exception", "cancelled", "waiting", "unknown", "denied")
METHODS = ("tools/call", "tools/call", "tools/call", "resources/read", "prompts/get", "tools/list", "connect")


def some_call(chance: random.Random, number: int, now: float) -> dict[str, Any]:
    """Anything that a server may write down; an owner edits the minutes now and then."""
    surface = chance.choice(("cli", "cli", "web-chat", "chat-bot", "service", "probe"))
    user = None if surface == "service" else chance.choice(("ana", "bo", "mei", "kofi", "tove"))
    moment = now - BEFORE + chance.uniform(0, SPAN)
    return entry(
        number,
        time=moment,
        environment=chance.choice(("production", "production", "dev")),
        server=chance.choice(("presto", "seed", "spark")),
        method=chance.choice(METHODS),
        outcome=chance.choice(OUTCOMES),
        surface=surface,
        user=user,
        workload="spiffe://seedbed.internal/production/service/nightly" if surface == "service" else None,
        phase="opened" if chance.random() < 0.03 else "done",
        minutes=(2.5 if moment < now - 5 * DAY else 6.75) * chance.choice((1, 1.1)),
    )


def some_refusal(chance: random.Random, number: int, now: float) -> dict[str, Any]:
    return {
        "id": f"refusal-{number}", "time": now - BEFORE + chance.uniform(0, SPAN),
        "environment": chance.choice(("production", "dev")), "server": chance.choice(("presto", "nobody's", None)),
        "status": 403, "code": "authorization_denied", "rule": "edge", "detail": "no",
    }  # fmt: skip


async def send(registry: Registry, calls: Sequence[Any], refusals: Sequence[Any], chance: random.Random) -> None:
    """Everything arrives, some of it twice, in no order."""
    sent = [*calls, *chance.sample(calls, len(calls) // 10)]
    chance.shuffle(sent)
    for start in range(0, len(sent), 200):
        (await registry.platform.post("/api/invocations", json=sent[start : start + 200])).raise_for_status()
    for start in range(0, len(refusals), 100):
        for _ in range(2):
            batch = refusals[start : start + 100]
            (await registry.platform.post("/api/refusals", json=batch)).raise_for_status()


@pytest.mark.parametrize("how_many", [1, 3])
async def test_the_numbers_are_what_the_raw_records_say_to_the_minute(registry: Registry, how_many: int) -> None:
    now = registry.parts.clock()
    months = impact.months_to(impact.month_of(now if how_many == 1 else now - BEFORE + SPAN), how_many)
    chance = random.Random(20_261_123)  # noqa: S311
    await registry.register(registration("presto"))
    calls = [some_call(chance, number, now) for number in range(3_000)]
    await send(registry, calls, [some_refusal(chance, number, now) for number in range(300)], chance)
    async with registry.parts.database.reading() as connection:
        for key in ("environment", "server", "surface", "month"):
            raw = await raw_figures(connection, "production", months, key)
            kept = await counted(registry, connection, key, months)
            assert {name: replace(each, minutes=0) for name, each in kept.items()} == {
                name: replace(each, minutes=0) for name, each in raw.items()
            }, key
            assert minutes(kept) == pytest.approx(minutes(raw), abs=1e-6), key
    assert sum(each.minutes for each in raw.values()) > 1_000


async def counted(registry: Registry, connection: Any, key: str, months: tuple[str, ...]) -> dict[str, Figures]:
    match key:
        case "server":
            return await impact.by_server(connection, "production", months)
        case "surface":
            return await impact.by_surface(connection, "production", months)
        case "month":
            return await impact.by_month(connection, "production", months)
        case _:
            return {"production": await impact.altogether(connection, "production", months)}


def minutes(figures: dict[str, Figures]) -> dict[str, float]:
    return {name: each.minutes for name, each in figures.items()}


async def test_services_are_counted_apart_and_save_nobody_time(registry: Registry) -> None:
    nightly: dict[str, Any] = {"surface": "service", "user": None, "workload": "spiffe://x/production/service/n"}
    calls = [entry("p"), *(entry(f"s-{end}", outcome=end, **nightly) for end in ("ok", "tool_error", "denied"))]
    await registry.platform.post("/api/invocations", json=calls)
    months = (impact.month_of(registry.parts.clock()),)
    async with registry.parts.database.reading() as connection:
        people = await impact.altogether(connection, "production", months)
        services = await impact.of_services(connection, "production", months)
    assert (people.calls, people.people, people.minutes) == (1, 1, 4.0)
    assert services["presto"] == Figures(calls=3, ok=1, errors=1, denied_policy=1)


async def test_what_was_recorded_before_there_were_months_is_counted_once(registry: Registry) -> None:
    chance, now = random.Random(7), registry.parts.clock()  # noqa: S311
    await registry.register(registration("presto"))
    refusals = [some_refusal(chance, number, now) for number in range(50)]
    await send(registry, [some_call(chance, number, now) for number in range(400)], refusals, chance)
    tables = ("month_totals", "month_callers", "month_refusals")
    before = [await rows(registry, table) for table in tables]
    migration = importlib.import_module("registry.store.migrations.versions.0007_impact")
    async with registry.parts.database.writing() as connection:
        for table in tables:
            await connection.execute(delete(Table.metadata.tables[table]))
        for statement in migration.COUNTING:
            await connection.execute(text(statement))
    assert [await rows(registry, table) for table in tables] == before


async def rows(registry: Registry, table: str) -> list[tuple[Any, ...]]:
    async with registry.parts.database.reading() as connection:
        found = await connection.execute(select(Table.metadata.tables[table]))
        return sorted(tuple(round(v, 6) if isinstance(v, float) else v for v in row) for row in found)


def test_months_run_over_the_turn_of_a_year() -> None:
    assert impact.months_to("2027-01", 3) == ("2026-11", "2026-12", "2027-01")
    assert impact.months_to("2026-12", 12)[0] == "2026-01"


def test_sixty_six_thousand_calls_are_about_seven_thousand_hours() -> None:
    assert round(Figures(minutes=66_000 * 6.4).hours) == 7_040
