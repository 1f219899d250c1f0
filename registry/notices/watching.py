"""Follows what time alone brings: ends that come near, servers that are unwell, unused or without a team."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.errors import DomainError
from registry.approvals.keeping import Keeping
from registry.notices import idle
from registry.notices.facts import Fact, Key, facts, told
from registry.notices.idle import Closing
from registry.notices.settings import NoticeSettings
from registry.refused import Refused
from registry.store import notices
from registry.store.database import Database
from registry.store.notices import Kind
from registry.store.standing import Standings
from registry.suspending import Suspending

EVERY = 5.0
"""Seconds between two looks at approvals that run out."""
FACTS_EVERY = 15.0
"""Seconds between two looks at the servers."""
OURS: tuple[Kind, ...] = (
    "review.expires", "grant.expires", "server.degraded", "server.unused", "server.ownerless", "server.suspended",
)  # fmt: skip
"""Kinds that only this part posts, and settles as soon as they are so no more."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Looks again and again; the same look twice changes nothing."""

    database: Database
    standings: Standings
    suspending: Suspending
    approvals: Keeping
    settings: NoticeSettings
    clock: Callable[[], float]

    async def run(self) -> None:
        """Look for ever. What can't be done now is done at a later look."""
        looked_at = 0.0
        while True:
            try:
                await self.approvals.run_out()
                if self.clock() - looked_at >= FACTS_EVERY:
                    await self.look()
                    looked_at = self.clock()
            except (OperationalError, DomainError, Refused) as error:
                log.error("notices wait: %s", error)
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Tell what has become so, settle what is so no more, and suspend what is due."""
        now = self.clock()
        async with self.database.reading() as connection:
            found = await self._found(connection, now)
        closing = [one for one in found if isinstance(one, Closing)]
        for one in closing:  # closed first, told then: what is told is so
            await self.suspending.suspend(one.entry, ["production"])
        await self._write([one.fact if isinstance(one, Closing) else one for one in found], now)

    async def _found(self, connection: AsyncConnection, now: float) -> list[Fact | Closing]:
        groups = await asyncio.to_thread(idle.groups_of, self.settings.groups)
        found: list[Fact | Closing] = []
        for standing in await self.standings.all(connection, "production"):
            found += facts(standing, now=now)
            found += [one async for one in idle.unused(connection, standing, days=self.settings.unused_days, now=now)]
            found += [one async for one in idle.ownerless(connection, standing, groups, now=now)]
        return found

    async def _write(self, found: list[Fact], now: float) -> None:
        wanted = told(found)
        async with self.database.reading() as connection:
            there: set[Key] = {(one.kind, one.about, one.to) for one in await notices.open_of(connection, OURS)}
            old = await notices.any_to_forget(connection, now=now)
        if there == set(wanted) and not old:
            return
        async with self.database.writing() as connection:
            for kind, about, _ in there - set(wanted):
                await notices.settle(connection, kind=kind, about=about, now=now)
            for (kind, about, to), fact in wanted.items():
                await notices.post(connection, kind=kind, to=to, about=about, text=fact.text, link=fact.link, now=now)
            await notices.forget(connection, now=now)
