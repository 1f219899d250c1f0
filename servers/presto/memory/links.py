"""Links to all rows of a query: whose each one is, what it was given under, and until when it opens."""

import secrets
import sqlite3
import time
from dataclasses import dataclass

from servers.presto.memory.file import File


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """One link. The statement is run again when it is read: an answer keeps no rows behind."""

    ticket: str
    statement: str
    query_id: str | None
    """The query that reads its pages, once page 1 was read."""


class Links:
    """All of them, of everybody; any replica may answer."""

    def __init__(self, file: File, *, seconds: float) -> None:
        self._file, self._seconds = file, seconds

    async def give(self, person: str, in_force: str, statement: str) -> str:
        """Note a link and return its ticket, which nobody can guess and which opens nothing to anybody else."""
        ticket, now = secrets.token_urlsafe(16), time.time()
        row = (ticket, person, in_force, now + self._seconds, statement)

        def give(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM link WHERE until < ?", (now,))
            db.execute("INSERT INTO link (ticket, person, in_force, until, statement) VALUES (?, ?, ?, ?, ?)", row)

        await self._file.step(give)
        return ticket

    async def of(self, person: str, in_force: str, ticket: str) -> Given | None:
        """The link of that ticket, if it is this person's and what it was given under is still in force."""
        sql = "SELECT * FROM link WHERE ticket = ? AND person = ? AND in_force = ? AND until > ?"
        row = await self._file.step(lambda db: db.execute(sql, (ticket, person, in_force, time.time())).fetchone())
        return Given(ticket=ticket, statement=row["statement"], query_id=row["query_id"]) if row else None

    async def reads_by(self, ticket: str, query_id: str) -> None:
        """The pages of the link come from this query now."""
        change = "UPDATE link SET query_id = ? WHERE ticket = ?"
        await self._file.step(lambda db: db.execute(change, (query_id, ticket)))
