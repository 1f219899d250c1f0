"""Single calls: one person's own, and those that are known under an id."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.store import references
from registry.store.tables import Invocation, InvocationBody

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a list of calls goes on."""

    time: float
    id: str


def whose(row: Row) -> str:
    """The person or the service of a record, or of a refusal."""
    return row.get("user") or row.get("workload") or "nobody"


async def of_person(connection: AsyncConnection, person: str, *, after: Place | None, most: int) -> list[Row]:
    """The newest calls of somebody, older than the one at `after`: one stretch of an index."""
    key = tuple_(Invocation.time, Invocation.id)
    wanted = select(Invocation.__table__).where(Invocation.user == person)
    if after is not None:
        wanted = wanted.where(key < (after.time, after.id))
    rows = await connection.execute(wanted.order_by(Invocation.time.desc(), Invocation.id.desc()).limit(most))
    return [dict(row) for row in rows.mappings()]


async def known_as(connection: AsyncConnection, id: str, *, most: int) -> list[Row]:
    """The newest calls of a trace, of a backend's query, application or run, or the one record of that id."""
    named = await references.calls_of(connection, id, most=most)
    wanted = select(Invocation.__table__).order_by(Invocation.id.desc()).limit(most)
    by_name = await connection.execute(wanted.where(Invocation.id.in_([id, *named])))
    by_trace = await connection.execute(wanted.where(Invocation.trace_id == id))
    rows = {row["id"]: dict(row) for found in (by_name, by_trace) for row in found.mappings()}
    return [rows[each] for each in sorted(rows)][-most:]


async def one(connection: AsyncConnection, id: str) -> Row | None:
    """The record of one call."""
    found = (await connection.execute(select(Invocation.__table__).where(Invocation.id == id))).mappings()
    return next((dict(row) for row in found), None)


async def body(connection: AsyncConnection, id: str) -> str | None:
    """What a call answered, redacted and cut, as long as it is kept."""
    return (await connection.execute(select(InvocationBody.result).where(InvocationBody.id == id))).scalar()
