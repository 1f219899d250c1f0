"""Keeps open queries alive while their people think, and ends those that nobody asks about any more."""

import asyncio
import logging
import time

import anyio

from platform_core.errors import DomainError
from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster, Forgotten
from servers.presto.engine.page import QueryFailed
from servers.presto.memory.open_queries import OpenQueries, OpenQuery, Place
from servers.presto.settings import PrestoSettings

AT_ONCE = 8
log = logging.getLogger(__name__)


class Keeper:
    """Looks at every open query in turn, as long as there is one. Several replicas may look at the same: reading a page
    twice gives the same page."""

    def __init__(self, cluster: Cluster, queries: OpenQueries, settings: PrestoSettings) -> None:
        self._cluster, self._queries, self._settings = cluster, queries, settings
        self._pause = min(15.0, settings.idle_seconds / 10)
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look, unless somebody is looking already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _look(self) -> None:
        turns = anyio.CapacityLimiter(AT_ONCE)

        async def look_at(query: OpenQuery) -> None:
            async with turns:
                await self._look_at(query)

        while queries := await self._queries.all():
            async with anyio.create_task_group() as group:
                for query in queries:
                    group.start_soon(look_at, query)
            await anyio.sleep(self._pause)

    async def _look_at(self, query: OpenQuery) -> None:
        try:
            await (self._end(query) if self._is_over(query) else self._keep(query))
        except Forgotten:
            log.info("the engine has forgotten query %s, or it was read on meanwhile", query.query_id)
        except (QueryFailed, DomainError) as error:
            # Whoever asks about it is told by the engine itself, which repeats its last word.
            log.info("query %s: %s", query.query_id, type(error).__name__)

    def _is_over(self, query: OpenQuery) -> bool:
        now = time.time()
        too_long = now - query.opened_at > self._settings.most_run_seconds and query.place.address is not None
        return too_long or now - query.asked_at > self._settings.idle_seconds

    async def _end(self, query: OpenQuery) -> None:
        await self._queries.close(query.query_id)
        if query.place.address is not None:
            await self._cluster.dismiss(Asker(person=query.person), query.place.address)

    async def _keep(self, query: OpenQuery) -> None:
        """Ask for its page: that is the sign of life which the engine waits for. A page with rows waits to be read."""
        address = query.place.address
        if address is None:
            return
        page = await self._cluster.fetch(Asker(person=query.person), address)
        if not page.rows and page.next is not None:
            await self._queries.moved(query, Place(address=page.next))
