"""Whom the proxy turned away: taken once by id, counted by server, found by trace, forgotten after 30 days."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import Environment
from registry.store import impact
from registry.store.tables import TurnedAway

KEPT_DAYS = 30


async def take(connection: AsyncConnection, refusals: Sequence[dict[str, Any]], *, now: float) -> int:
    """Write what is new among `refusals` and return how many were; those past their time are forgotten."""
    await connection.execute(delete(TurnedAway).where(TurnedAway.time < now - KEPT_DAYS * 86_400))
    if not refusals:
        return 0
    statement = insert(TurnedAway).on_conflict_do_nothing().returning(TurnedAway.id)
    fresh = set((await connection.execute(statement, refusals)).scalars())
    await impact.add_refusals(connection, list({each["id"]: each for each in refusals if each["id"] in fresh}.values()))
    return len(fresh)


async def count(connection: AsyncConnection, environment: Environment, server: str, *, now: float) -> int:
    """How many requests for a server the proxy refused in the last 30 days."""
    wanted = select(func.count()).where(
        TurnedAway.environment == environment,
        TurnedAway.server == server,
        TurnedAway.time >= now - KEPT_DAYS * 86_400,
    )
    return (await connection.execute(wanted)).scalar_one()


async def of_trace(connection: AsyncConnection, trace: str) -> list[dict[str, Any]]:
    """What the proxy refused under one trace id, oldest first."""
    wanted = select(TurnedAway.__table__).where(TurnedAway.trace_id == trace).order_by(TurnedAway.time)
    return [dict(row) for row in (await connection.execute(wanted)).mappings()]
