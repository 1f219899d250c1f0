"""Forgets what is past its days and erases whom somebody asked to erase, in small steps between which others write."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.store import erasing, retention
from registry.store.database import Database

DAY = 86_400
LOOK_EVERY = 600.0
"""Seconds between two looks, unless somebody asks for one."""
PAUSE = 0.02
"""Seconds between two steps, for whoever waits to write."""

log = logging.getLogger(__name__)
Step = Callable[[AsyncConnection], Awaitable[int]]


@dataclass(frozen=True, kw_only=True)
class Retention:
    """The one who forgets."""

    database: Database
    arguments_days: float
    records_days: float
    clock: Callable[[], float]
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    def look_now(self) -> None:
        """Do not wait for the next look."""
        self._asked.set()

    async def run(self) -> None:
        """Forget and erase what is due, for ever."""
        while True:
            self._asked.clear()
            try:
                await self.forget()
            except DatabaseError as error:
                log.error("what is due can't be forgotten now, it is tried again: %s", error.orig)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_EVERY)

    async def forget(self) -> None:
        """Forget and erase all that is due now."""
        await self._all(lambda connection: erasing.step(connection, now=self.clock()))
        old, older = (self.clock() - days * DAY for days in (self.arguments_days, self.records_days))
        await self._all(lambda connection: retention.forget_records(connection, taken_before=older))
        await self._all(lambda connection: retention.forget_arguments(connection, taken_before=old))

    async def _all(self, step: Step) -> None:
        while True:
            async with self.database.writing() as connection:
                more = await step(connection)
            if not more:
                return
            await asyncio.sleep(PAUSE)
