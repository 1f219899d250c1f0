"""What follows when a live server is not the registered one: told at once, closed when it is seen again."""

import json
import logging
from dataclasses import dataclass, field, replace

from pydantic import JsonValue
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.errors import DomainError
from platform_core.policy.artefact import Environment
from platform_core.policy.suspend import Suspension
from registry.owners import owner_group
from registry.parts import Parts
from registry.probe.difference import Changes, Listing, changed, differences, digest_of, in_words, written
from registry.refused import Refused
from registry.store import audit, drift, notices
from registry.store.drift import Drift
from registry.store.notices import Audience
from registry.store.standing import Standing

log = logging.getLogger(__name__)

WHO = "registry/drift"
"""Who closes here; the page of suspensions shows it."""
CLOSES_AT = 2
"""Looks in a row that find a difference, until what changed is closed."""
AS_REGISTERED = "lists what was registered"


@dataclass(kw_only=True)
class Drifting:
    """Judges what the probe was told, for one environment."""

    parts: Parts
    environment: Environment
    _known: set[str] = field(default_factory=set[str])
    """Servers of which something is remembered: of all others there is nothing to look up."""

    async def start(self) -> None:
        """Remember what was found before the registry was started."""
        async with self.parts.database.reading() as connection:
            self._known = await drift.servers(connection, self.environment)

    async def judge(self, standing: Standing, version: str, listing: Listing) -> str | None:
        """In words, where the server differs; nothing where it does not. What follows is on the disk by then."""
        found = differences(standing.contract, listing)
        if not found and standing.name not in self._known:
            return None
        try:
            return await self._follow_up(standing, version, listing, found)
        except (Refused, DomainError, DatabaseError) as error:
            log.error("what %s lists has no consequences now, they follow at the next look: %s", standing.name, error)
            return in_words(found) or None

    async def _follow_up(self, standing: Standing, version: str, listing: Listing, found: Changes) -> str | None:
        if not found:
            await self._as_registered(standing)
            return None
        if await self._is_an_earlier_one(standing, version, listing):
            return f"version {version} answers as it was registered, {standing.version} is in force: {in_words(found)}"
        return await self._differs(standing, version, found)

    async def _is_an_earlier_one(self, standing: Standing, version: str, listing: Listing) -> bool:
        # Between a review and the roll-out of what was reviewed, the version before answers: nothing changed there.
        async with self.parts.database.reading() as connection:
            earlier = await drift.contracts_of(connection, self.environment, standing.name, version)
        return any(not differences(contract, listing) for contract in earlier)

    async def _differs(self, standing: Standing, version: str, found: Changes) -> str:
        async with self.parts.database.reading() as connection:
            before = await drift.of(connection, self.environment, standing.name)
        if before and before.contract_digest != standing.contract_digest:
            before = replace(before, times=0, closed="[]", live_digest="", since=self.parts.clock())
        now = self._next(standing, before, version, found)
        new = before is None or before.times == 0 or before.live_digest != now.live_digest
        if now.times == CLOSES_AT and (new or (before and before.times < CLOSES_AT)):
            now = replace(now, closed=json.dumps(await self._close(standing, found)))
        if before is None or replace(now, seen_at=before.seen_at) != before:
            async with self.parts.database.writing() as connection:
                await drift.keep(connection, self.environment, standing.name, now)
                if new:
                    await self._tell(connection, standing, found)
        self._known.add(standing.name)
        return in_words(found)

    def _next(self, standing: Standing, before: Drift | None, version: str, found: Changes) -> Drift:
        at = self.parts.clock()
        return Drift(
            version=version,
            live_digest=digest_of(found),
            contract_digest=standing.contract_digest,
            changes=written(found),
            times=min(before.times + 1, CLOSES_AT) if before else 1,
            closed=before.closed if before else "[]",
            since=before.since if before and before.times else at,
            seen_at=at,
        )

    async def _close(self, standing: Standing, found: Changes) -> list[str]:
        closing = changed(found) if self.environment == "production" else []
        for kind, name in closing:
            reason = f"what {_short(name)} promises changed without a review; a review or an operator opens it again"
            tool, text = (name, None) if kind == "tool" else (None, name)
            entry = Suspension(
                server=standing.name, tool=tool, text=text, reason=reason, by=WHO, at=int(self.parts.clock())
            )
            await self.parts.suspending.suspend(entry, [self.environment])
        return [name for _, name in closing]

    async def _tell(self, connection: AsyncConnection, standing: Standing, found: Changes) -> None:
        now, words = self.parts.clock(), in_words(found)
        detail: dict[str, JsonValue] = {"environment": self.environment, "found": words}
        await audit.append(connection, act="drift.found", actor=WHO, about=standing.name, detail=detail, now=now)
        await notices.post(
            connection,
            kind="server.differs",
            to=Audience("group", owner_group(standing.manifest)),
            about=self._about(standing),
            text=f"{standing.manifest.title} {words}: what changed closes until this is reviewed or put right",
            link=f"/{'experiments' if self.environment == 'dev' else 'servers'}/{standing.name}/difference",
            now=now,
        )

    async def _as_registered(self, standing: Standing) -> None:
        closed = await self._closed_here(standing)
        async with self.parts.database.reading() as connection:
            before = await drift.of(connection, self.environment, standing.name)
        reviewed = before is not None and before.contract_digest != standing.contract_digest
        if closed and not reviewed:
            await self._is_well(standing, before)
            return
        for entry in closed:
            await self.parts.suspending.lift(entry, [self.environment], by=WHO)
        async with self.parts.database.writing() as connection:
            await drift.drop(connection, self.environment, standing.name)
            await self._over(connection, standing)
        self._known.discard(standing.name)

    async def _is_well(self, standing: Standing, before: Drift | None) -> None:
        if before is None or before.times == 0:
            return
        async with self.parts.database.writing() as connection:
            await drift.keep(connection, self.environment, standing.name, replace(before, times=0))
            await self._over(connection, standing)

    async def _over(self, connection: AsyncConnection, standing: Standing) -> None:
        now = self.parts.clock()
        detail: dict[str, JsonValue] = {"environment": self.environment}
        await audit.append(connection, act="drift.over", actor=WHO, about=standing.name, detail=detail, now=now)
        await notices.settle(connection, kind="server.differs", about=self._about(standing), now=now)

    def _about(self, standing: Standing) -> str:
        return f"{self.environment}/{standing.name}"

    async def _closed_here(self, standing: Standing) -> list[Suspension]:
        closed = await self.parts.suspending.in_force(self.environment)
        return [one for one in closed.entries if (one.server, one.by) == (standing.name, WHO)] if closed else []


def _short(name: str) -> str:
    return name if len(name) <= 150 else f"{name[:150]}…"
