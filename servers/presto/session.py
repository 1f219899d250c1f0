"""Presto as one person may use it, for the time of one call."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Annotated

import anyio

from platform_core import DomainError, Invalid, NotFound, Resolve, the_call
from platform_core.untrusted import CAP, CELL_CAP
from servers.presto import failures
from servers.presto.answers import Answer, Description
from servers.presto.asker import Asker
from servers.presto.catalogue import Catalogue
from servers.presto.engine import Engine, QueryFailed, Statement
from servers.presto.settings import PrestoSettings
from servers.presto.sheet import Sheet
from servers.presto.sql import Reading
from servers.presto.tables import Table, Visible, full_name

CHECK = "EXPLAIN (TYPE VALIDATE)"
SUGGESTION_SECONDS = 3.0
_COLUMN = re.compile(r"Column '(?:[^']*\.)?([^'.]+)' cannot be resolved")


class Session:
    """Everything in here happens at the engine under one person's name."""

    def __init__(self, engine: Engine, catalogue: Catalogue, caps: PrestoSettings, asker: Asker) -> None:
        self._engine, self._catalogue, self._caps, self._asker = engine, catalogue, caps, asker

    async def visible(self) -> Visible:
        """The tables that the person may see."""
        async with self._asking():
            return await self._catalogue.visible_to(self._asker)

    async def describe(self, name: str) -> Description:
        """Columns and size of the table that `name` means."""
        table = full_name(name) or self._the_one(name, await self.visible())
        async with self._asking(name):
            return await self._catalogue.describe(self._asker, table)

    async def run(self, reading: Reading, max_rows: int) -> Answer:
        """Have the engine check the statement, then run it and read its first rows."""
        async with self._asking(*reading.tables):
            if not reading.plan_only:
                await self._check(reading)
            return await self._first_rows(reading, min(max_rows, self._caps.most_rows))

    async def _check(self, reading: Reading) -> None:
        """The planner's opinion: names, types and rights, before anything runs."""
        async with self._engine.statement(self._asker) as statement:
            await statement.start(reading.text, above=CHECK)
            while await statement.more() is not None:
                pass

    async def _first_rows(self, reading: Reading, most_rows: int) -> Answer:
        """Read one row more than is shown, to know that there is one; leaving the block cancels the rest."""
        sheet = Sheet(
            most_rows=most_rows, most_bytes=self._caps.most_bytes, cell=CAP if reading.plan_only else CELL_CAP
        )
        async with self._engine.statement(self._asker) as statement:
            page = await statement.start(reading.text)
            while page is not None and _only_reads(statement) and sheet.keep(page):
                page = await statement.more()
            return sheet.answer(statement.columns, statement.query_id)

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
    async def _asking(self, *tables: str) -> AsyncGenerator[None]:
        """Give the engine its time, and its failures a meaning. `tables` are those that the person named."""
        try:
            with anyio.fail_after(self._caps.most_seconds):
                yield
        except TimeoutError:
            raise failures.too_slow(self._caps.most_seconds) from None
        except QueryFailed as failure:
            raise failures.explained(failure, await self._suggestions(failure, tables)) from failure

    async def _suggestions(self, failure: QueryFailed, tables: Sequence[str]) -> list[str]:
        """Names that the person may see and may have meant."""
        column = _COLUMN.search(failure.message)
        if not (column or failure.name in failures.NOT_THERE):
            return []
        try:
            with anyio.fail_after(SUGGESTION_SECONDS):
                visible = await self._catalogue.visible_to(self._asker)
        except (TimeoutError, QueryFailed, DomainError):
            return []
        if column:
            return visible.columns_like(column[1], tables)
        return [name for table in tables for name in _meant(table, visible)][:3]


def _meant(name: str, visible: Visible) -> list[str]:
    """What `name` may have meant: nothing where it is whole and right."""
    found = [table.full_name for table in visible.named(name)]
    return visible.like(name) if not found else [] if full_name(name) else found


def _only_reads(statement: Statement) -> bool:
    """The last wall: the engine itself says what the statement is."""
    if statement.writes:
        raise Invalid(f"The engine calls this {statement.writes}, which changes something. It was cancelled.")
    return True


@cache
def shared() -> tuple[Engine, Catalogue, PrestoSettings]:
    """What all calls of this process have in common; nothing of it belongs to a person, but by name."""
    caps = PrestoSettings.load()
    engine = Engine(caps)
    return engine, Catalogue(engine, keep_seconds=caps.tables_seconds), caps


async def connect() -> Session:
    """The engine, as the person who calls."""
    call = the_call()
    asker = Asker(person=call.principal.subject, request_id=call.request_id, trace_id=call.trace_id)
    return Session(*shared(), asker)


Presto = Annotated[Session, Resolve(connect)]
