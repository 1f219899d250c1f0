"""Numbers that are kept as records arrive, so that no page or metric ever counts records."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.clients import PROBE
from platform_core.policy.artefact import Environment
from platform_core.telemetry.record import Record
from registry.store.tables import DayCaller, DayService, DayTotal, ServerTotal, Table

USES = frozenset({"tools/call", "resources/read", "prompts/get"})
"""Methods that use something. Opening and listing are no calls, though a refusal there counts as a refusal."""
SERVICE = "service"
"""The surface of a call without a person."""
ERRORS = frozenset({"tool_error", "invalid", "exception"})


@dataclass(frozen=True, kw_only=True)
class Count:
    """Calls, and how they ended. A cancelled or unfinished call is a call and none of the rest."""

    calls: int = 0
    ok: int = 0
    errors: int = 0
    """The tool said so itself (`isError`), refused the arguments, or crashed."""
    denied: int = 0
    """Refused by policy, at the server's door or at a tool."""
    minutes: float = 0.0
    """What successful calls of people saved, by the owner's estimate in force at each call."""

    def __add__(self, other: "Count") -> "Count":
        return Count(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)})


def count(record: Record) -> Count:
    """What one finished record adds."""
    used = record.method in USES
    ok = used and record.outcome == "ok"
    return Count(
        calls=int(used),
        ok=int(ok),
        errors=int(used and record.outcome in ERRORS),
        denied=int(record.outcome == "denied"),
        minutes=record.minutes if ok and by_a_person(record) else 0.0,
    )


def by_a_person(record: Record) -> bool:
    """Whether somebody saved time: neither a service nor our own probe."""
    return record.user is not None and record.surface != PROBE


async def add(connection: AsyncConnection, records: Iterable[Record]) -> None:
    """Add finished records to every total."""
    by_day: defaultdict[tuple[str, ...], Count] = defaultdict(Count)
    by_server: defaultdict[tuple[str, ...], Count] = defaultdict(Count)
    by_service: defaultdict[tuple[str, ...], Count] = defaultdict(Count)
    callers: set[tuple[str, str, str, str]] = set()
    for record in records:
        added, day = count(record), _day(record.time)
        if added == Count():
            continue
        by_day[record.environment, record.server, day, record.tool or "", record.surface or ""] += added
        by_server[record.environment, record.server] += added
        if record.surface == SERVICE:
            by_service[record.environment, record.server, day, record.workload or ""] += added
        if added.calls and not added.denied and record.user is not None and by_a_person(record):
            callers.add((record.environment, record.server, day, record.user))
    for table, key, counts in (
        (DayTotal, ("environment", "server", "day", "tool", "surface"), by_day),
        (ServerTotal, ("environment", "server"), by_server),
        (DayService, ("environment", "server", "day", "workload"), by_service),
    ):
        await add_up(connection, table, key, {values: vars(added) for values, added in counts.items()})
    if callers:
        rows = [{"environment": e, "server": s, "day": d, "user": u} for e, s, d, u in callers]
        await connection.execute(insert(DayCaller).on_conflict_do_nothing(), rows)


async def add_up(
    connection: AsyncConnection,
    table: type[Table],
    key: tuple[str, ...],
    counts: Mapping[tuple[str, ...], Mapping[str, Any]],
) -> None:
    """Raise the rows of `key` by what was counted; every count says the same names."""
    if not counts:
        return
    statement = insert(table)
    names = next(iter(counts.values()))
    raised = {name: getattr(table, name) + statement.excluded[name] for name in names}
    rows = [dict(zip(key, values, strict=True)) | dict(added) for values, added in counts.items()]
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=raised), rows)


@dataclass(frozen=True, kw_only=True)
class Recent:
    """Numbers of one server over the last days."""

    days: int
    total: Count
    """What people did; services are counted apart, our own probe not at all."""
    people: int
    services: dict[str, Count]
    """What each service did, by SPIFFE id."""


async def recent(
    connection: AsyncConnection, environment: Environment, server: str, *, now: float, days: int = 30
) -> Recent:
    """The last `days` days of a server, today included."""
    first = _day(now - timedelta(days=days - 1).total_seconds())
    totals = await connection.execute(
        select(*_sums(DayTotal)).where(
            DayTotal.environment == environment,
            DayTotal.server == server,
            DayTotal.day >= first,
            DayTotal.surface.not_in((SERVICE, PROBE)),
        )
    )
    people = await connection.execute(
        select(func.count(DayCaller.user.distinct())).where(
            DayCaller.environment == environment, DayCaller.server == server, DayCaller.day >= first
        )
    )
    return Recent(
        days=days,
        total=Count(**totals.mappings().one()),
        people=people.scalar_one(),
        services=await _by_service(connection, environment, server, first),
    )


async def _by_service(
    connection: AsyncConnection, environment: Environment, server: str, first: str
) -> dict[str, Count]:
    wanted = select(DayService.workload, *_sums(DayService)).where(
        DayService.environment == environment, DayService.server == server, DayService.day >= first
    )
    found = await connection.execute(wanted.group_by(DayService.workload).order_by(DayService.workload))
    rows = [dict(row) for row in found.mappings()]
    return {row.pop("workload"): Count(**row) for row in rows}


async def since_the_start(connection: AsyncConnection, environment: Environment) -> dict[str, Count]:
    """Counts of every server since it exists."""
    columns = [getattr(ServerTotal, field.name) for field in fields(Count)]
    wanted = select(ServerTotal.server, *columns).where(ServerTotal.environment == environment)
    rows = [dict(row) for row in (await connection.execute(wanted)).mappings()]
    return {row.pop("server"): Count(**row) for row in rows}


def _sums(table: type[DayTotal | DayService]) -> list[Any]:
    return [func.coalesce(func.sum(getattr(table, f.name)), 0).label(f.name) for f in fields(Count)]


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
