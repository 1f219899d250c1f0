"""What time alone brings: told once, settled when it is so no more, and what nobody uses is suspended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from platform_core.policy.suspend import Suspension
from registry.notices.facts import DAY
from registry.notices.settings import NoticeSettings
from registry.notices.watching import OURS, Watching
from registry.store import health, notices
from registry.store.health import Sighting
from registry.store.tables import DayTotal
from tests.registry.stage import Registry

QUIET: Mapping[str, Any] = {"services": ()}


@dataclass
class Later:
    """A clock that the test moves, from the moment at which the servers were registered."""

    start: float
    days: float = 0

    def __call__(self) -> float:
        return self.start + self.days * DAY


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A registry whose follower looks when the test says so."""

    registry: Registry
    watching: Watching
    later: Later

    async def after(self, days: float) -> dict[str, str]:
        """Look so many days after the start; returns what is told then, by kind."""
        self.later.days = days
        await self.watching.look()
        async with self.registry.parts.database.reading() as connection:
            return {one.kind: one.text for one in await notices.open_of(connection, OURS)}

    async def posted(self) -> int:
        async with self.registry.parts.database.reading() as connection:
            return (await connection.exec_driver_sql("SELECT count(*) FROM notices")).scalar_one()

    async def use(self, day: str) -> None:
        """Let somebody call the server on a day."""
        row = {"environment": "production", "server": "seed", "day": day, "tool": "greet", "surface": "cli"}
        counts = {"calls": 1, "ok": 1, "errors": 0, "denied": 0, "minutes": 0.0}
        async with self.registry.parts.database.writing() as connection:
            await connection.execute(insert(DayTotal).values(row | counts))

    async def closed(self) -> list[Suspension]:
        found = await self.registry.parts.suspending.in_force("production")
        return list(found.entries) if found else []


async def watched(registry: Registry, settings: NoticeSettings | None = None, **policy: Any) -> Watched:
    """Seed is live, and its follower waits for the word."""
    later = Later(registry.parts.clock())
    await registry.make_live("seed", **({"not_after": int(later.start + 400 * DAY)} | policy))
    parts = registry.parts
    watching = Watching(
        database=parts.database, standings=parts.standings, suspending=parts.suspending, approvals=parts.approvals,
        settings=settings or NoticeSettings(), clock=later,
    )  # fmt: skip
    return Watched(registry=registry, watching=watching, later=later)


async def test_the_end_of_reviews_is_told_fourteen_and_three_days_before(registry: Registry) -> None:
    seen = await watched(registry, not_after=int(registry.parts.clock() + 30 * DAY))
    assert await seen.after(15) == {}
    assert (await seen.after(17))["review.expires"].startswith("The reviews of Seed end on ")
    assert await seen.posted() == 1
    await seen.after(18)
    assert await seen.posted() == 1
    await seen.after(28)
    assert await seen.posted() == 2
    await registry.make_live("seed", version=2, not_after=int(seen.later.start + 300 * DAY))
    assert await seen.after(28) == {}


async def test_the_end_of_a_grant_is_told_and_forgotten_when_it_has_ended(registry: Registry) -> None:
    grant = {
        "spiffe_id": "spiffe://seedbed.internal/production/service/nightly", "tools": ("greet",), "reason": "sweep",
        "owner": "Platform", "expires": int(registry.parts.clock() + 20 * DAY),
    }  # fmt: skip
    seen = await watched(registry, services=[grant])
    assert await seen.after(5) == {}
    assert (await seen.after(18))["grant.expires"].startswith("service/nightly loses greet of Seed on ")
    assert await seen.after(21) == {}


async def test_a_server_that_stays_unwell_is_told_of_until_it_is_well(registry: Registry) -> None:
    seen = await watched(registry)

    async def sighted(state: health.State, at: float) -> None:
        async with registry.parts.database.writing() as connection:
            await health.note(connection, "production", [Sighting(server="seed", state=state, reason="slow", at=at)])

    await sighted("degraded", seen.later.start)
    assert await seen.after(0) == {}
    assert await seen.after(1) == {"server.degraded": "Seed is degraded: slow"}
    await sighted("healthy", seen.later.start + DAY)
    assert await seen.after(1) == {}


async def test_a_server_that_nobody_uses_is_told_of_and_suspended(registry: Registry) -> None:
    seen = await watched(registry)
    assert await seen.after(75) == {}
    assert "is suspended on" in (await seen.after(77))["server.unused"]
    assert await seen.closed() == []
    told = await seen.after(91)
    assert told["server.suspended"] == "Seed was suspended: nobody used it for 90 days"
    assert [(entry.server, entry.by) for entry in await seen.closed()] == [("seed", "the registry")]
    before = await seen.posted()
    await seen.after(92)
    assert await seen.posted() == before


async def test_an_operator_who_opens_it_again_is_not_overruled(registry: Registry) -> None:
    seen = await watched(registry)
    await seen.after(91)
    [entry] = await seen.closed()
    await registry.parts.suspending.lift(entry, ["production"], by="olu")
    await seen.after(92)
    assert await seen.closed() == []


async def test_one_call_is_use_enough(registry: Registry) -> None:
    seen = await watched(registry)
    assert "server.unused" in await seen.after(80)
    await seen.use("2100-01-01")
    assert await seen.after(100) == {}
    assert await seen.closed() == []


async def test_a_server_whose_team_is_gone_is_told_of_and_suspended_after_two_weeks(
    registry: Registry, tmp_path: Path
) -> None:
    groups = tmp_path / "groups.json"
    groups.write_text(json.dumps(["platform", "finance"]))
    seen = await watched(registry, NoticeSettings(groups=groups))
    assert await seen.after(0) == {}
    groups.write_text(json.dumps(["finance"]))
    assert (await seen.after(1))["server.ownerless"].startswith("The team platform is gone")
    assert await seen.closed() == []
    assert "its team platform is gone" in (await seen.after(16))["server.suspended"]
    assert [entry.server for entry in await seen.closed()] == ["seed"]


@pytest.mark.parametrize("written", ["", "{}", "[1]", '"finance"'])
async def test_a_list_of_groups_that_can_not_be_read_makes_nobody_ownerless(
    registry: Registry, tmp_path: Path, written: str
) -> None:
    groups = tmp_path / "groups.json"
    groups.write_text(written)
    seen = await watched(registry, NoticeSettings(groups=groups))
    assert await seen.after(1) == {}


async def test_a_suspension_that_was_signed_before_a_crash_is_told_of_after_it(registry: Registry) -> None:
    seen = await watched(registry)
    entry = Suspension(server="seed", reason="nobody used it for 90 days", by="the registry", at=1)
    await registry.parts.suspending.suspend(entry, ["production"])
    assert "server.suspended" in await seen.after(91)
    assert await seen.closed() == [entry]


async def test_what_was_settled_is_forgotten_after_thirty_days(registry: Registry) -> None:
    seen = await watched(registry, not_after=int(registry.parts.clock() + 10 * DAY))
    await seen.after(0)
    await registry.make_live("seed", version=2, not_after=int(seen.later.start + 300 * DAY))
    await seen.after(1)
    assert await seen.posted() == 1
    await seen.after(31)
    assert await seen.posted() == 0


async def test_an_experiment_is_nobodys_news(registry: Registry) -> None:
    await registry.make_live("seed", environment="dev", not_after=int(registry.parts.clock() + DAY))
    seen = await watched(registry)
    assert await replace(seen).after(0) == {}
