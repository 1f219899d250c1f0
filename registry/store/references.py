"""By which backend's id a call is found: query, application, run. Read out of its arguments and its result."""

import re
from collections.abc import Iterable, Iterator

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.telemetry.record import Entry
from registry.store.retention_tables import CallReference

MOST = 20
"""References of one call that are kept."""
_FIELD = re.compile(r'\\?"(?:query|app|application|run|dag_run|job)_id\\?"\s*:\s*\\?"([^"\\]{4,128})\\?"')
_TYPED = re.compile(r"\b(?:trino|presto|spark|airflow|kb):[a-z_]+/([^\s\"'\\,;)\]}]{4,200})")


async def add(connection: AsyncConnection, entries: Iterable[Entry]) -> None:
    """Remember what the calls name."""
    rows = [{"reference": name, "call_id": entry.record.id} for entry in entries for name in named_in(entry)]
    if rows:
        await connection.execute(insert(CallReference).on_conflict_do_nothing(), rows)


async def calls_of(connection: AsyncConnection, reference: str, *, most: int) -> list[str]:
    """The newest calls that name `reference`, with or without its type in front."""
    plain = reference.rpartition("/")[2] if _TYPED.fullmatch(reference) else reference
    wanted = select(CallReference.call_id).where(CallReference.reference == plain)
    found = await connection.execute(wanted.order_by(CallReference.call_id.desc()).limit(most))
    return list(found.scalars())


async def forget(connection: AsyncConnection, calls: list[str]) -> None:
    """Drop what these calls name."""
    await connection.execute(delete(CallReference).where(CallReference.call_id.in_(calls)))


def named_in(entry: Entry) -> list[str]:
    """The backend's ids that one call names, each once."""
    texts = (entry.record.arguments or "", entry.body.result if entry.body else "")
    found = dict.fromkeys(name for text in texts for name in _names(text))
    return list(found)[:MOST]


def _names(text: str) -> Iterator[str]:
    for pattern in (_FIELD, _TYPED):
        yield from (name.rpartition("/")[2] for name in pattern.findall(text))
