"""Statements that ran: what one person asked of a table before, and which tables are used."""

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from servers.presto.memory.file import File

DAYS = 30
MOST = 500
"""Statements kept of one person; the oldest go first."""
_LONGEST = 2_000


@dataclass(frozen=True, kw_only=True)
class Used:
    """What is known of the use of tables."""

    by: Mapping[str, int]
    """How many people asked a table in the last days; a number, never who."""
    mine: Mapping[str, tuple[str, ...]]
    """One person's own statements by table, newest first."""


NOTHING = Used(by={}, mine={})


class History:
    """Only a person's own statements are ever shown to them."""

    def __init__(self, file: File) -> None:
        self._file = file

    async def add(self, person: str, statement: str, digest: str, tables: Iterable[str]) -> None:
        row = (time.time(), person, statement[:_LONGEST], digest, json.dumps([name.lower() for name in tables]))

        def add(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO ran (at, person, statement, digest, tables) VALUES (?, ?, ?, ?, ?)", row)
            db.execute("DELETE FROM ran WHERE at < ?", (time.time() - DAYS * 86_400,))
            last = "SELECT at FROM ran WHERE person = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
            db.execute(f"DELETE FROM ran WHERE person = ? AND at <= ({last})", (person, person, MOST))  # noqa: S608

        await self._file.step(add)

    async def used(self, person: str) -> Used:
        """Tables by their full names, in small letters."""
        sql = "SELECT person, statement, tables FROM ran WHERE at >= ? ORDER BY at DESC"
        since = time.time() - DAYS * 86_400
        rows = await self._file.step(lambda db: db.execute(sql, (since,)).fetchall())
        people: defaultdict[str, set[str]] = defaultdict(set)
        mine: defaultdict[str, list[str]] = defaultdict(list)
        for row in rows:
            for table in json.loads(row["tables"]):
                people[table].add(row["person"])
                if row["person"] == person:
                    mine[table].append(row["statement"])
        return Used(
            by={table: len(who) for table, who in people.items()},
            mine={table: tuple(said[:3]) for table, said in mine.items()},
        )
