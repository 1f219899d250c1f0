"""Presto as one person may use it, for the time of one call."""

import logging
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import anyio

from platform_core import DomainError, Invalid, NotFound, Resolve, Unavailable, the_call
from servers.presto.answers import Answer, Ended, Written
from servers.presto.asker import Asker
from servers.presto.engine import failures
from servers.presto.engine.cost import Estimate
from servers.presto.engine.estimating import estimate
from servers.presto.engine.page import QueryFailed
from servers.presto.memory.history import NOTHING, Used
from servers.presto.shared import Shared, shared
from servers.presto.sql.changing import Change
from servers.presto.sql.reading import Reading
from servers.presto.tables.describe import describe, partition_keys
from servers.presto.tables.shown import Description
from servers.presto.tables.table import Table, Visible, full_name
from servers.presto.writing import Plan, planned, written

SUGGESTION_SECONDS = 3.0
MOST_UNPRUNED = 3
"""Tables of one statement whose partition keys are looked up."""
_COLUMN = re.compile(r"Column '(?:[^']*\.)?([^'.]+)' cannot be resolved")
log = logging.getLogger(__name__)


class Session:
    """Everything in here happens at the engine under one person's name."""

    def __init__(self, shared: Shared, asker: Asker) -> None:
        self.shared, self.asker, self.caps = shared, asker, shared.settings
        self._estimates: dict[str, Estimate] = {}
        self._plans: dict[str, Plan] = {}
        self._began = time.monotonic()

    async def visible(self) -> Visible:
        """The tables that the person may see."""
        async with self.asking():
            return await self.shared.catalogue.visible_to(self.asker)

    async def used(self) -> Used:
        """What is known of the use of tables; nothing where that can't be read."""
        try:
            return await self.shared.history.used(self.asker.person)
        except Unavailable as error:
            log.warning("%s", error)
            return NOTHING

    async def describe(self, name: str, sample: int = 0) -> Description:
        """Columns, size and facts of the table that `name` means."""
        table = full_name(name) or self._the_one(name, await self.visible())
        async with self.asking(name):
            return await describe(self.shared.cluster, self.asker, table, self.shared.facts, sample)

    async def estimate(self, reading: Reading) -> Estimate:
        """What the statement would read. The engine checks names, types and rights for it, and runs nothing."""
        if reading.text not in self._estimates:
            async with self.asking(*reading.tables):
                self._estimates[reading.text] = await estimate(self.shared.cluster, self.asker, reading.text)
        return self._estimates[reading.text]

    async def unpruned(self, estimate: Estimate) -> dict[str, list[str]]:
        """Tables that would be read without a filter which helps, and the partition keys of each."""
        bare = [table for scan in estimate.scans if not scan.filters and (table := full_name(scan.table))]
        cluster, asker = self.shared.cluster, self.asker
        return {table.name: await partition_keys(cluster, asker, table) for table in bare[:MOST_UNPRUNED]}

    async def run(self, reading: Reading, max_rows: int, seconds: float | None = None) -> Answer:
        """Have the engine check the statement, then run it and read its first rows."""
        scanned = [] if reading.plan_only else [scan.table for scan in (await self.estimate(reading)).scans]
        async with self.asking(*reading.tables, seconds=None):
            answer = await self.shared.running.run(
                self.asker, reading.text, max_rows, plan=reading.plan_only, spent=time.monotonic() - self._began,
                seconds=seconds,
            )  # fmt: skip
        await self._remember(reading, answer, scanned)
        return answer

    async def get(self, query_id: str, cursor: int | None, wait_s: float) -> Answer:
        """The next page of a query that ran on."""
        async with self.asking(seconds=None):
            return await self.shared.running.get(self.asker, query_id, cursor, wait_s)

    async def run_linked(self, reading: Reading) -> Answer:
        """The first page of all rows; the query stays open for the next ones."""
        async with self.asking(*reading.tables, seconds=None):
            return await self.shared.running.run(self.asker, reading.text, self.caps.most_rows, pages=True)

    async def next_linked(self, query_id: str, page: int) -> Answer:
        """A page of a query that `run_linked` started."""
        async with self.asking(seconds=None):
            return await self.shared.running.get(self.asker, query_id, page, self.caps.handle_seconds, pages=True)

    async def cancel(self, query_id: str) -> Ended:
        """End a query that ran on."""
        async with self.asking():
            return await self.shared.running.cancel(self.asker, query_id)

    async def plan(self, change: Change) -> Plan:
        """What the change would do; nothing runs."""
        if change.text not in self._plans:
            self._plans[change.text] = await planned(self, change)
        return self._plans[change.text]

    async def write(self, change: Change) -> Written:
        """Run a change that its person said yes to."""
        return await written(self, change)

    async def _remember(self, reading: Reading, answer: Answer, scanned: Sequence[str]) -> None:
        tables = dict.fromkeys([name for name in reading.tables if full_name(name)] + list(scanned))
        try:
            await self.shared.history.add(self.asker.person, reading.text, answer.digest, tables)
        except Unavailable as error:
            log.warning("%s", error)

    def _the_one(self, name: str, visible: Visible) -> Table:
        match visible.named(name):
            case [table]:
                return table
            case []:
                raise NotFound(
                    f"You can see no table of that name.{failures.near(visible.like(name))} `find_tables` searches."
                )
            case several:
                names = failures.near([table.full_name for table in several[:5]])
                raise Invalid(f"{len(several)} tables have that name.{names} Give catalog.schema.table.")

    @asynccontextmanager
    async def asking(self, *tables: str, seconds: float | None = 0) -> AsyncGenerator[None]:
        """Give the engine its time, and its failures a meaning. `tables` are those that the person named."""
        patience = self.caps.most_seconds if seconds == 0 else seconds
        family = (self.asker.person, frozenset(name.lower() for name in tables))
        try:
            with anyio.fail_after(patience):
                yield
        except TimeoutError:
            raise failures.too_slow(self.caps.most_seconds) from None
        except QueryFailed as failure:
            stop = self.shared.tries.failed(family)
            raise failures.explained(failure, await self._suggestions(failure, tables), stop=stop) from failure
        else:
            self.shared.tries.worked(family)

    async def _suggestions(self, failure: QueryFailed, tables: Sequence[str]) -> list[str]:
        """Names that the person may see and may have meant."""
        column = _COLUMN.search(failure.message)
        if not (column or failures.names_a_table(failure)):
            return []
        try:
            with anyio.fail_after(SUGGESTION_SECONDS):
                visible = await self.shared.catalogue.visible_to(self.asker)
        except (TimeoutError, QueryFailed, DomainError):
            return []
        if column:
            return visible.columns_like(column[1], tables)
        return [name for table in tables for name in _meant(table, visible)][:3]


def _meant(name: str, visible: Visible) -> list[str]:
    """What `name` may have meant: nothing where it is whole and right."""
    found = [table.full_name for table in visible.named(name)]
    return visible.like(name) if not found else [] if full_name(name) else found


async def connect() -> Session:
    """The engine, as the person who calls."""
    call = the_call()
    asker = Asker(person=call.principal.subject, request_id=call.request_id, trace_id=call.trace_id)
    return Session(shared(), asker)


Presto = Annotated[Session, Resolve(connect)]
