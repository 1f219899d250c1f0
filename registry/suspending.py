"""Closing at once, and opening again: each list is signed, kept, told to all and laid down for the offline way."""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.principal import Principal
from platform_core.errors import DomainError
from platform_core.policy.artefact import Environment
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import UntrustedArtefact, verify_suspensions
from platform_core.policy.suspend import Suspension, Suspensions
from registry.broadcast import Broadcast, Change
from registry.offline import OfflineFolder
from registry.refused import Refused
from registry.signing import Signing
from registry.store import audit, suspensions
from registry.store.database import Database
from registry.store.suspensions import InForce

EVERYWHERE: tuple[Environment, ...] = ("production", "dev")
LOOK_EVERY = 0.5
"""Seconds between two looks into the folder."""

OURS = "registry"
OFFLINE = "offline list signed by"

log = logging.getLogger(__name__)
Entries = tuple[Suspension, ...]


@dataclass(frozen=True, kw_only=True)
class Suspending:
    """The only way in for suspensions. What is told was on the disk before."""

    database: Database
    keys: PinnedKeys
    broadcast: Broadcast
    signing: Signing
    folder: OfflineFolder
    clock: Callable[[], float]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def suspend(self, entry: Suspension, environments: Collection[Environment]) -> None:
        """Close what `entry` names. What is closed already stays as it is."""

        def closed(entries: Entries) -> Entries:
            return entries if any(map(entry.same_as, entries)) else (*entries, entry)

        await self._change(environments, closed, by=entry.by)

    async def lift(self, entry: Suspension, environments: Collection[Environment], *, by: str) -> None:
        """Open again what `entry` closed."""
        log.warning("%s opens again in %s: %s", by, " and ".join(environments), entry)
        await self._change(environments, lambda entries: tuple(one for one in entries if one != entry), by=by)

    async def in_force(self, environment: Environment) -> Suspensions | None:
        """What is closed in `environment` now."""
        ours = await self._ours(environment)
        return ours.suspensions if ours else None

    async def suspends(self, who: Principal, environment: Environment) -> bool:
        """Whether a person is shut out."""
        closed = await self.in_force(environment)
        return closed is not None and any(entry.person == who.subject for entry in closed.entries)

    async def run(self) -> None:
        """Take over what is signed offline, for ever."""
        waiting = set(EVERYWHERE)
        while True:
            for environment in EVERYWHERE:
                if environment in waiting or self.folder.changed(environment):
                    waiting.add(environment)
                    if await self._settled(environment):
                        waiting.discard(environment)
            await asyncio.sleep(LOOK_EVERY)

    async def _settled(self, environment: Environment) -> bool:
        """Bring list and folder together; returns whether it went well."""
        try:
            async with self._turn:
                await self._settle(environment)
        except (Refused, DomainError, OperationalError) as error:
            log.error("what is suspended in %s and what lies in the folder stay apart: %s", environment, error)
            return False
        return True

    async def _change(
        self, environments: Collection[Environment], change: Callable[[Entries], Entries], *, by: str
    ) -> None:
        async with self._turn:
            for environment in environments:
                now = await self._settle(environment)
                entries = now.entries if now else ()
                if change(entries) != entries:
                    await self._sign(environment, now.version if now else 0, change(entries), by=by)

    async def _settle(self, environment: Environment) -> Suspensions | None:
        """What is closed, with what was signed offline among it."""
        ours, theirs = await self._ours(environment), self.folder.read(environment)
        if theirs and (ours is None or self._supersedes(theirs, ours.suspensions)):
            await self._put_in_force(theirs, by=f"{OFFLINE} {theirs.signed.key}")
            return theirs.suspensions
        if ours is None:
            return None
        now, also = ours.suspensions, theirs.suspensions if theirs else None
        if also and also.version >= now.version and also != now:
            missing = tuple(entry for entry in also.entries if entry not in now.entries)
            return await self._sign(environment, also.version, (*now.entries, *missing))
        if not self._is_believed(ours):
            return await self._sign(environment, now.version, now.entries)
        if also != now:
            self.folder.write(ours)
        return now

    def _supersedes(self, theirs: InForce, now: Suspensions) -> bool:
        opens_nothing = theirs.signed.key in self.keys.policy or set(now.entries) <= set(theirs.suspensions.entries)
        return theirs.suspensions.version > now.version and opens_nothing

    def _is_believed(self, closed: InForce) -> bool:
        """Whether the key that signed the list is pinned still; with another key it has to be signed anew."""
        try:
            verify_suspensions(closed.signed, self.keys)
        except UntrustedArtefact:
            return False
        return True

    async def _sign(self, environment: Environment, above: int, entries: Entries, *, by: str = OURS) -> Suspensions:
        # Versions follow the clock, so that a registry that lost its database is still above what it once said.
        now = int(self.clock())
        fresh = Suspensions(environment=environment, version=max(above + 1, now), issued_at=now, entries=entries)
        closed = InForce(suspensions=fresh, signed=await self.signing.sign(fresh))
        await self._put_in_force(closed, by=by)
        self.folder.write(closed)
        return fresh

    async def _put_in_force(self, closed: InForce, *, by: str) -> None:
        async with self.database.writing() as connection:
            before = await suspensions.in_force(connection, closed.suspensions.environment)
            await suspensions.keep(connection, closed, now=self.clock())
            await self._write_down(connection, before, closed, by=by)
        environment, version = closed.suspensions.environment, closed.suspensions.version
        self.broadcast.publish(Change(environment=environment, server=None, signed=closed.signed))
        log.warning("suspensions of %s version %d: %d entries", environment, version, len(closed.suspensions.entries))

    async def _write_down(
        self, connection: AsyncConnection, before: InForce | None, closed: InForce, *, by: str
    ) -> None:
        was, now = set(before.suspensions.entries if before else ()), set(closed.suspensions.entries)
        moved = [(entry, "suspended", entry.by) for entry in now - was] + [(entry, "opened", by) for entry in was - now]
        for entry, what, actor in sorted(moved, key=lambda each: each[0].at):
            kind = "person" if entry.person else "tool" if entry.tool else "text" if entry.text else "server"
            about = entry.person or (f"{entry.server}/{entry.within}" if entry.within else str(entry.server))
            detail = {"environment": closed.suspensions.environment, "reason": entry.reason}
            await audit.append(
                connection, act=f"{kind}.{what}", actor=actor, about=about, detail=detail, now=self.clock()
            )

    async def _ours(self, environment: Environment) -> InForce | None:
        async with self.database.reading() as connection:
            return await suspensions.in_force(connection, environment)
