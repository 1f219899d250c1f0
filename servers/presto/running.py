"""One person's queries at the engine: started, read page by page, left to run on, ended."""

import hashlib
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio

from platform_core import Invalid, Unavailable
from platform_core.untrusted import CAP, CELL_CAP
from servers.presto.answers import Answer, Ended
from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster, Forgotten
from servers.presto.engine.statement import Statement
from servers.presto.memory.keeper import Keeper
from servers.presto.memory.open_queries import OpenQueries, OpenQuery, Place
from servers.presto.settings import PrestoSettings
from servers.presto.sheet import READ, Sheet
from servers.presto.telling import ended, gone, running_on, too_many, too_old

Began = Callable[[str], Awaitable[None]]
Filled = Literal["finished", "cut", "running"]
SHORTEST = 2.0
"""Seconds that a question about a query waits at least: the engine holds its answer for one."""
log = logging.getLogger(__name__)


class Running:
    """All queries of this process; what runs on after its call is in `queries`, which replicas share."""

    def __init__(self, cluster: Cluster, queries: OpenQueries, keeper: Keeper, caps: PrestoSettings) -> None:
        self._cluster, self._queries, self._keeper, self._caps = cluster, queries, keeper, caps
        self._now: Counter[str] = Counter()

    async def run(
        self,
        asker: Asker,
        text: str,
        most_rows: int,
        *,
        plan: bool = False,
        writes: bool = False,
        began: Began | None = None,
        spent: float = 0.0,
        seconds: float | None = None,
        pages: bool = False,
    ) -> Answer:
        """Start a statement and read its first rows, and one more to know that there is one; the rest is cancelled.

        What takes longer than a client waits runs on at the engine: then the answer tells how to ask for it. `spent`:
        seconds that the client waits already. `seconds`: the engine ends it then. `pages`: the rest is not cancelled
        but read page by page, with `get`.
        """
        sheet = self._sheet(min(most_rows, self._caps.most_rows), cell=CAP if plan else CELL_CAP, pages=pages)
        async with self._a_turn(asker.person), self._cluster.statement(asker) as statement:
            rows = await statement.start(text, seconds=seconds)
            if began is not None:
                await began(statement.query_id)
            how, place = await _fill(statement, sheet, rows, max(self._caps.handle_seconds - spent, 0.1), writes=writes)
            answer = _answer(asker, text, statement, sheet, how)
            if how == "running" or (pages and how == "cut"):
                await self._leave(asker, answer, most_rows, place, writes=writes)
                statement.keep()
                answer.cursor = 2 if sheet.rows else 1
            return answer

    async def get(
        self, asker: Asker, query_id: str, cursor: int | None, wait_s: float, *, pages: bool = False
    ) -> Answer:
        """The next page of a query that ran on, or how far it is."""
        for _ in range(3):
            query = await self._queries.of(asker.person, query_id)
            if query is None:
                raise gone(query_id)
            try:
                return await self._page(asker, query, cursor or query.page, wait_s, pages=pages)
            except Forgotten:
                if cursor is not None and cursor < query.page:
                    raise too_old(cursor) from None  # the engine keeps the page that it sent last, and none before
                now = await self._queries.of(asker.person, query_id)
                if now is None or now.place == query.place:
                    raise
        raise Unavailable("Somebody else reads this query at the same time: ask again.", retry_after=1)

    async def cancel(self, asker: Asker, query_id: str) -> Ended:
        """End a query that ran on, and tell what it has cost."""
        query = await self._queries.of(asker.person, query_id)
        if query is None:
            raise gone(query_id)
        statement = self._statement(asker, query, query.place)
        if query.place.address is not None:
            try:
                await statement.more()
                statement.next = statement.next or query.place.address
                await statement.cancel()
            except Forgotten:
                pass
        await self._queries.close(query_id)
        return ended(query_id, statement.progress)

    @asynccontextmanager
    async def _a_turn(self, person: str) -> AsyncGenerator[None]:
        """A place among the queries that one person may have at once."""
        self._now[person] += 1
        try:
            if self._now[person] + await self._queries.count(person) > self._caps.most_queries:
                raise too_many(self._caps.most_queries)
            yield
        finally:
            self._now -= Counter({person: 1})  # leaves nothing behind where it was the last

    async def _leave(self, asker: Asker, answer: Answer, most_rows: int, place: Place, *, writes: bool) -> None:
        now = time.time()
        query = OpenQuery(
            query_id=answer.query_id, person=asker.person, digest=answer.digest, opened_at=now, asked_at=now,
            place=place, page=2 if answer.rows else 1, most_rows=most_rows, writes=writes,
        )  # fmt: skip
        await self._queries.open(query)
        self._keeper.wake()

    async def _page(self, asker: Asker, query: OpenQuery, page: int, wait_s: float, *, pages: bool) -> Answer:
        start = query.place if page == query.page else query.before
        if page not in (query.page, query.page - 1) or (page < query.page and start.address is None):
            raise too_old(page)
        self._keeper.wake()
        sheet, statement = self._sheet(query.most_rows, pages=pages), self._statement(asker, query, start)
        try:
            how, place = await _fill(
                statement, sheet, [], max(wait_s, SHORTEST), skip=start.offset, writes=query.writes
            )
        except Invalid:
            await statement.cancel()
            await self._queries.close(query.query_id)
            raise
        answer = _answer(asker, "", statement, sheet, how)
        answer.digest = query.digest
        if page == query.page:
            await self._note(query, place, read=bool(sheet.rows) or how == "finished")
        if how != "finished":
            answer.cursor = page + bool(sheet.rows)
        return answer

    async def _note(self, query: OpenQuery, place: Place, *, read: bool) -> None:
        if read:
            await self._queries.open(query.turned(place))
        else:
            await self._queries.moved(query, place)

    def _statement(self, asker: Asker, query: OpenQuery, place: Place) -> Statement:
        return Statement(self._cluster, asker, query_id=query.query_id, next=place.address)

    def _sheet(self, most_rows: int, *, cell: int = CELL_CAP, pages: bool = False) -> Sheet:
        """A page that a program reads has no text form whose length counts."""
        text = self._caps.most_bytes if pages else READ
        return Sheet(most_rows=most_rows, most_bytes=self._caps.most_bytes, cell=cell, text=text)


async def _fill(
    statement: Statement, sheet: Sheet, rows: Sequence[Any] | None, seconds: float, *, skip: int = 0, writes: bool
) -> tuple[Filled, Place]:
    """Read until the sheet is full, the rows end or the time is over; and where the next row is."""
    with anyio.move_on_after(seconds):
        while rows is not None:
            if statement.writes and not writes:
                raise Invalid(f"The engine calls this {statement.writes}, which changes something. It was cancelled.")
            kept = len(sheet.rows)
            if not sheet.keep(rows):
                return "cut", Place(address=statement.at, offset=skip + len(sheet.rows) - kept)
            skip = 0 if rows else skip
            rows = await statement.more()
            rows = rows[skip:] if rows else rows
        return "finished", Place(address=None)
    return "running", Place(address=statement.next, offset=skip)


def _answer(asker: Asker, text: str, statement: Statement, sheet: Sheet, how: Filled) -> Answer:
    ran = statement.progress
    return Answer(
        columns=list(statement.columns),
        rows=sheet.rows,
        truncated=how != "finished",
        status="running" if how == "running" else "finished",
        query_id=statement.query_id,
        user=asker.person,
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        elapsed_ms=ran.elapsed_ms,
        bytes_read=ran.bytes_read,
        changed=statement.changed,
        note=running_on(statement.query_id, ran, len(sheet.rows)) if how == "running" else f"{sheet.note}.",
    )
