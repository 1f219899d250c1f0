"""Queries that run on after their call: whose they are and where their next page is."""

import sqlite3
import time
from dataclasses import astuple, dataclass, fields, replace

from servers.presto.memory.file import File


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A row of the result: the address of its page at the engine, and how many rows stand before it there.

    An address opens the result to whoever has it, so it never leaves this server. None: after the last row.
    """

    address: str | None
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenQuery:
    """A query of one person. `page` is the number of the page that starts at `place`; it was not read yet."""

    query_id: str
    person: str
    digest: str
    opened_at: float
    asked_at: float
    place: Place
    before: Place = Place(address=None)
    """Where the page before starts: an answer that was lost on its way can be had again."""
    page: int = 1
    most_rows: int = 100
    """Of one page."""
    writes: bool = False

    def turned(self, place: Place) -> "OpenQuery":
        """The same query after its page was read."""
        return replace(self, page=self.page + 1, place=place, before=self.place)


class OpenQueries:
    """All of them, of everybody; the replica that opened one need not be there any more."""

    def __init__(self, file: File) -> None:
        self._file = file

    async def open(self, query: OpenQuery) -> None:
        names = ", ".join(_COLUMNS)
        sql = f"INSERT OR REPLACE INTO open_query ({names}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
        await self._file.step(lambda db: db.execute(sql, _row(query)))

    async def of(self, person: str, query_id: str) -> OpenQuery | None:
        """The query of that id if it is this person's; that they ask keeps it alive."""

        def find(db: sqlite3.Connection) -> OpenQuery | None:
            mine = (time.time(), query_id, person)
            db.execute("UPDATE open_query SET asked_at = ? WHERE query_id = ? AND person = ?", mine)
            row = db.execute("SELECT * FROM open_query WHERE query_id = ? AND person = ?", mine[1:]).fetchone()
            return _query(row) if row else None

        return await self._file.step(find)

    async def count(self, person: str) -> int:
        """How many of this person still have something to give."""
        sql = "SELECT count(*) FROM open_query WHERE person = ? AND address IS NOT NULL"
        return await self._file.step(lambda db: int(db.execute(sql, (person,)).fetchone()[0]))

    async def all(self) -> list[OpenQuery]:
        return await self._file.step(lambda db: [_query(row) for row in db.execute("SELECT * FROM open_query")])

    async def moved(self, query: OpenQuery, place: Place) -> None:
        """The page has no rows and another comes after it; nothing happens where somebody has read on meanwhile."""
        change = "UPDATE open_query SET address = ?, offset = ? WHERE query_id = ? AND address IS ? AND offset = ?"
        old = (query.query_id, query.place.address, query.place.offset)
        await self._file.step(lambda db: db.execute(change, (place.address, place.offset, *old)))

    async def close(self, query_id: str) -> None:
        await self._file.step(lambda db: db.execute("DELETE FROM open_query WHERE query_id = ?", (query_id,)))


_COLUMNS = ("query_id", "person", "digest", "opened_at", "asked_at", "address", "offset", "before_address",
            "before_offset", "page", "most_rows", "writes")  # fmt: skip


def _row(query: OpenQuery) -> tuple[object, ...]:
    places = (*astuple(query.place), *astuple(query.before))
    facts = (query.query_id, query.person, query.digest, query.opened_at, query.asked_at)
    return *facts, *places, query.page, query.most_rows, query.writes


def _query(row: sqlite3.Row) -> OpenQuery:
    plain = {f.name: row[f.name] for f in fields(OpenQuery) if f.name not in ("place", "before", "writes")}
    place = Place(address=row["address"], offset=row["offset"])
    before = Place(address=row["before_address"], offset=row["before_offset"])
    return OpenQuery(**plain, place=place, before=before, writes=bool(row["writes"]))
