"""Servers that nobody uses, or that nobody answers for any more: their people hear of it, then they are suspended."""

import json
import logging
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.suspend import Suspension
from registry.notices.facts import DAY, OPERATORS, Fact, of
from registry.owners import owner_group
from registry.pages.words import day
from registry.store import notices
from registry.store.notices import Kind
from registry.store.standing import Standing
from registry.store.tables import DayTotal

WARNED_DAYS = 14
"""Between the word that a server will be suspended and its suspension."""
BY = "the registry"
_GROUPS = TypeAdapter(frozenset[str])

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A server that is to be suspended now, and the fact that it was."""

    entry: Suspension
    fact: Fact


Found = AsyncGenerator[Fact | Closing]


def groups_of(path: Path | None) -> frozenset[str] | None:
    """The groups that the directory has; None where nobody says, or what is said can't be read."""
    if path is None:
        return None
    try:
        return _GROUPS.validate_python(json.loads(path.read_text()))
    except (OSError, ValueError, ValidationError) as error:
        log.error("the groups of the directory can't be read from %s, so no owner counts as gone: %s", path, error)
        return None


async def last_used(connection: AsyncConnection, server: str) -> float | None:
    """When somebody last called the server in production, to the day; None where nobody ever did."""
    here = (DayTotal.environment == "production") & (DayTotal.server == server) & (DayTotal.calls > 0)
    found = (await connection.execute(select(DayTotal.day).where(here).order_by(DayTotal.day.desc()).limit(1))).scalar()
    return datetime.fromisoformat(found).replace(tzinfo=UTC).timestamp() + DAY if found else None


async def unused(connection: AsyncConnection, standing: Standing, *, days: int, now: float) -> Found:
    """What is so of a server that nobody uses."""
    if now - standing.registered_at < (days - WARNED_DAYS) * DAY:
        return
    since = max(await last_used(connection, standing.name) or 0.0, standing.registered_at)
    title, ends = standing.manifest.title, since + days * DAY
    about = f"{standing.name} unused since {day(since)}"
    if now < ends - WARNED_DAYS * DAY:
        return
    text = f"Nobody has used {title} since {day(since)}; it is suspended on {day(ends)} unless somebody does"
    yield of(standing, "server.unused", about, text, OPERATORS)
    if now >= ends:
        async for closing in _closing(connection, standing, about, f"nobody used it for {days} days", now):
            yield closing


async def ownerless(
    connection: AsyncConnection, standing: Standing, groups: Collection[str] | None, *, now: float
) -> Found:
    """What is so of a server whose team the directory does not have."""
    group = owner_group(standing.manifest)
    if groups is None or group in groups:
        return
    title, about = standing.manifest.title, f"{standing.name} owned by {group}"
    told_at = await notices.first_told(connection, "server.ownerless", f"production/{about}") or now
    ends = told_at + WARNED_DAYS * DAY
    gone = f"The team {group} is gone and answers for {title} no more"
    text = f"{gone}; it is suspended on {day(ends)} unless another team does"
    yield of(standing, "server.ownerless", about, text, OPERATORS)
    if now >= ends:
        async for closing in _closing(connection, standing, about, f"its team {group} is gone", now):
            yield closing


async def _closing(connection: AsyncConnection, standing: Standing, about: str, reason: str, now: float) -> Found:
    """Once for each reason: a server that an operator opens again stays open."""
    kind: Kind = "server.suspended"
    fact = of(standing, kind, about, f"{standing.manifest.title} was suspended: {reason}", OPERATORS)
    closed = standing.suspended
    if (closed and closed.by == BY) or await notices.first_told(connection, kind, fact.about) is not None:
        yield fact
    elif closed is None:
        entry = Suspension(server=standing.name, reason=reason, by=BY, at=int(now))
        yield Closing(entry=entry, fact=fact)
