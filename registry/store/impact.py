"""What the ecosystem does for people, by month: counted as records arrive, so that no page ever counts records."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.clients import PROBE
from platform_core.policy.artefact import Environment
from platform_core.telemetry.record import Record
from registry.store.impact_tables import MonthCaller, MonthRefusals, MonthTotal
from registry.store.tables import Server
from registry.store.totals import SERVICE, add_up, by_a_person, count

AT_THE_GATE = "connect"
"""The method under which a server writes down whom it did not let in at all."""
_KEY = ("environment", "month", "server", "surface")
_NOBODY = (SERVICE, PROBE)
"""Surfaces behind which nobody saves time."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Numbers of some months: of a server, of a surface, or of everything."""

    calls: int = 0
    ok: int = 0
    errors: int = 0
    """The tool said so itself (`isError`), refused the arguments, or crashed."""
    denied_gate: int = 0
    """Not let into the server at all."""
    denied_policy: int = 0
    """Let in, and refused one thing."""
    minutes: float = 0.0
    """Calls of people that succeeded, each times the minutes that its owner estimated when it was made."""
    people: int = 0
    refused_at_proxy: int = 0

    @property
    def denied(self) -> int:
        return self.refused_at_proxy + self.denied_gate + self.denied_policy

    @property
    def hours(self) -> float:
        return self.minutes / 60


LOW, HIGH = 2 / 3, 4 / 3
"""An owner states one number and means its order, so that it is shown as a span of a third to both sides."""
_SUMMED = ("calls", "ok", "errors", "denied_gate", "denied_policy", "minutes")


def month_of(moment: float) -> str:
    """`2026-11`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m")


def months_to(last: str, how_many: int) -> tuple[str, ...]:
    """The months that end with `last`, oldest first."""
    year, month = map(int, last.split("-"))
    numbers = range(year * 12 + month - how_many, year * 12 + month)
    return tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers)


async def add(connection: AsyncConnection, records: Iterable[Record]) -> None:
    """Add finished records to their months."""
    totals: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    callers: set[tuple[str, ...]] = set()
    for record in records:
        added = _added(record)
        key = record.environment, month_of(record.time), record.server, record.surface or ""
        if any(added.values()):
            totals[key].update(added)
        if added["calls"] and record.outcome != "denied" and record.user is not None and by_a_person(record):
            callers.add((*key, record.user))
    await add_up(connection, MonthTotal, _KEY, totals)
    if callers:
        rows: list[dict[str, str]] = [dict(zip((*_KEY, "user"), caller, strict=True)) for caller in callers]
        await connection.execute(insert(MonthCaller).on_conflict_do_nothing(), rows)


def _added(record: Record) -> dict[str, Any]:
    counted, at_the_gate = count(record), record.method == AT_THE_GATE
    return {
        "calls": counted.calls,
        "ok": counted.ok,
        "errors": counted.errors,
        "denied_gate": counted.denied if at_the_gate else 0,
        "denied_policy": 0 if at_the_gate else counted.denied,
        "minutes": counted.minutes,
    }


async def add_refusals(connection: AsyncConnection, refusals: Sequence[Mapping[str, Any]]) -> None:
    """Add what the proxy refused. It names what was asked for, so only registered servers are counted by name."""
    asked_for = {refusal["server"] for refusal in refusals}
    registered = select(Server.environment, Server.name).where(Server.name.in_(asked_for))
    known = {(row.environment, row.name) for row in await connection.execute(registered)}
    counts: Counter[tuple[str, str, str]] = Counter()
    for refusal in refusals:
        environment, server = refusal["environment"], refusal["server"]
        named = server if (environment, server) in known else ""
        counts[environment, month_of(refusal["time"]), named] += 1
    refused = {values: {"refused": number} for values, number in counts.items()}
    await add_up(connection, MonthRefusals, ("environment", "month", "server"), refused)


async def by_server(connection: AsyncConnection, environment: Environment, months: Sequence[str]) -> dict[str, Figures]:
    """What people did, by server. What the proxy refused for servers that nobody registered stands under no name."""
    refused = await _refused(connection, environment, months, MonthRefusals.server)
    return await _grouped(connection, environment, months, MonthTotal.server, MonthCaller.server, refused)


async def by_surface(
    connection: AsyncConnection, environment: Environment, months: Sequence[str]
) -> dict[str, Figures]:
    """What people did, by the surface they were at. The proxy's refusals are of no surface."""
    return await _grouped(connection, environment, months, MonthTotal.surface, MonthCaller.surface, {})


async def by_month(connection: AsyncConnection, environment: Environment, months: Sequence[str]) -> dict[str, Figures]:
    """What people did in each month, for every month that was asked about."""
    refused = await _refused(connection, environment, months, MonthRefusals.month)
    found = await _grouped(connection, environment, months, MonthTotal.month, MonthCaller.month, refused)
    return {month: found.get(month, Figures()) for month in months}


async def altogether(connection: AsyncConnection, environment: Environment, months: Sequence[str]) -> Figures:
    """What people did in all of these months; somebody who came in two of them is one person."""
    refused = await _refused(connection, environment, months, MonthRefusals.environment)
    found = await _grouped(connection, environment, months, MonthTotal.environment, MonthCaller.environment, refused)
    return found.get(environment, Figures())


async def of_services(
    connection: AsyncConnection, environment: Environment, months: Sequence[str]
) -> dict[str, Figures]:
    """What services did without a person, by server; it saves nobody's time."""
    wanted = _sums(MonthTotal.server, environment, months).where(MonthTotal.surface == SERVICE)
    return {row.pop("key"): Figures(**row) for row in await _rows(connection, wanted)}


async def _grouped(
    connection: AsyncConnection,
    environment: Environment,
    months: Sequence[str],
    key: Any,
    caller_key: Any,
    refused: Mapping[str, int],
) -> dict[str, Figures]:
    wanted = _sums(key, environment, months).where(MonthTotal.surface.not_in(_NOBODY))
    summed = {row.pop("key"): row for row in await _rows(connection, wanted)}
    callers = (
        select(caller_key, func.count(MonthCaller.user.distinct()))
        .where(MonthCaller.environment == environment, MonthCaller.month.in_(months))
        .group_by(caller_key)
    )
    people = {name: number for name, number in await connection.execute(callers)}
    return {
        name: Figures(**summed.get(name, {}), people=people.get(name, 0), refused_at_proxy=refused.get(name, 0))
        for name in sorted({*summed, *refused})
    }


async def _refused(
    connection: AsyncConnection, environment: Environment, months: Sequence[str], key: Any
) -> dict[str, int]:
    wanted = (
        select(key, func.sum(MonthRefusals.refused))
        .where(MonthRefusals.environment == environment, MonthRefusals.month.in_(months))
        .group_by(key)
    )
    return {name: number for name, number in await connection.execute(wanted)}


def _sums(key: Any, environment: Environment, months: Sequence[str]) -> Select[*tuple[Any, ...]]:
    sums = [func.sum(getattr(MonthTotal, name)).label(name) for name in _SUMMED]
    here = MonthTotal.environment == environment, MonthTotal.month.in_(months)
    return select(key.label("key"), *sums).where(*here).group_by(key)


async def _rows(connection: AsyncConnection, wanted: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(row) for row in (await connection.execute(wanted)).mappings()]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything there is to say of some months."""

    months: tuple[str, ...]
    total: Figures
    by_server: dict[str, Figures]
    by_surface: dict[str, Figures]
    services: dict[str, Figures]


async def report(connection: AsyncConnection, environment: Environment, months: tuple[str, ...]) -> Report:
    """The numbers of these months; each query reads totals that were kept, and no record."""
    return Report(
        months=months,
        total=await altogether(connection, environment, months),
        by_server=await by_server(connection, environment, months),
        by_surface=await by_surface(connection, environment, months),
        services=await of_services(connection, environment, months),
    )
