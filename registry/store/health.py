"""What the live probe saw last of each server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import case
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import Environment
from registry.store.tables import Health

State = Literal["healthy", "degraded", "down", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One look at one server. `reason` says what was seen, for people."""

    server: str
    state: State
    reason: str
    at: float

    @property
    def answered(self) -> bool:
        return self.state in ("healthy", "degraded")


async def note(connection: AsyncConnection, environment: Environment, seen: Sequence[Sighting]) -> None:
    """Remember the latest look at each server; `since` moves only when the state changes."""
    if not seen:
        return
    fresh = insert(Health)
    new = fresh.excluded
    changes = {
        "state": new.state,
        "reason": new.reason,
        "checked_at": new.checked_at,
        "since": case((Health.state == new.state, Health.since), else_=new.since),
        "seen_at": case((new.seen_at.is_(None), Health.seen_at), else_=new.seen_at),
    }
    await connection.execute(
        fresh.on_conflict_do_update(index_elements=[Health.environment, Health.server], set_=changes),
        [_row(environment, sighting) for sighting in seen],
    )


def _row(environment: Environment, sighting: Sighting) -> dict[str, object]:
    return {
        "environment": environment,
        "server": sighting.server,
        "state": sighting.state,
        "reason": sighting.reason,
        "checked_at": sighting.at,
        "since": sighting.at,
        "seen_at": sighting.at if sighting.answered else None,
    }
