"""Records of calls: each is taken once, however often it is sent, and counted in the same transaction."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.telemetry.record import Entry, Record
from registry.store import impact, references, totals
from registry.store.tables import Invocation, InvocationBody

BATCH = 200


async def take(connection: AsyncConnection, entries: Sequence[Entry], *, now: float) -> int:
    """Write what is new among `entries` and return how many were. `opened` is closed by `done`, never the reverse."""
    fresh = _newest(entries, await _phases(connection, [entry.record.id for entry in entries]))
    if not fresh:
        return 0
    rows = [_row(entry, now) for entry in fresh]
    await connection.execute(insert(Invocation).prefix_with("OR REPLACE"), rows)
    bodies = [{"id": entry.body.id, "result": entry.body.result} for entry in fresh if entry.body]
    if bodies:
        await connection.execute(insert(InvocationBody).prefix_with("OR REPLACE"), bodies)
    await references.add(connection, fresh)
    done = [entry.record for entry in fresh if entry.phase == "done"]
    await totals.add(connection, done)
    await impact.add(connection, done)
    return len(fresh)


async def latest(connection: AsyncConnection, *, limit: int, trace: str | None = None) -> list[dict[str, Any]]:
    """The newest records, of one trace where it is named, without the facts that a record does not have.

    Ids sort by time, so this reads one stretch of a key however many records there are.
    """
    wanted = select(Invocation.__table__).order_by(Invocation.id.desc()).limit(limit)
    rows = await connection.execute(wanted if trace is None else wanted.where(Invocation.trace_id == trace))
    return [{name: value for name, value in row.items() if value is not None} for row in rows.mappings()]


async def _phases(connection: AsyncConnection, ids: list[str]) -> dict[str, str]:
    rows = await connection.execute(select(Invocation.id, Invocation.phase).where(Invocation.id.in_(ids)))
    return dict(rows.all())


def _newest(entries: Sequence[Entry], known: dict[str, str]) -> list[Entry]:
    fresh: dict[str, Entry] = {}
    phases = dict(known)
    for entry in entries:
        before = phases.get(entry.record.id)
        if before is None or (before, entry.phase) == ("opened", "done"):
            fresh[entry.record.id] = entry
            phases[entry.record.id] = entry.phase
    return list(fresh.values())


def _row(entry: Entry, now: float) -> dict[str, Any]:
    record: Record = entry.record
    lists = {name: json.dumps(sorted(getattr(record, name))) for name in ("groups", "business_groups")}
    return msgspec.structs.asdict(record) | lists | {"phase": entry.phase, "taken_at": now}
