"""Servers that are to be used no more."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.store.review_tables import Deprecation


@dataclass(frozen=True, kw_only=True)
class Deprecated:
    """That a server is to be used no more, what takes its place, and until when it works."""

    server: str
    successor: str | None
    ends_at: float
    reason: str
    said_by: str
    said_at: float


async def all_of_them(connection: AsyncConnection) -> Mapping[str, Deprecated]:
    """Every deprecation, by server."""
    rows = (await connection.execute(select(Deprecation.__table__))).mappings()
    return {row["server"]: Deprecated(**row) for row in rows}


async def put(connection: AsyncConnection, deprecated: Deprecated) -> None:
    """Deprecate a server, or say it anew."""
    row = asdict(deprecated)
    fresh = insert(Deprecation).values(row)
    await connection.execute(fresh.on_conflict_do_update(index_elements=[Deprecation.server], set_=row))


async def drop(connection: AsyncConnection, server: str) -> None:
    """The server was reviewed anew, so it stays."""
    await connection.execute(delete(Deprecation).where(Deprecation.server == server))
