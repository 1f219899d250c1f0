"""One SQLite file that all replicas of the server on a machine share."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from platform_core.errors import Unavailable

T = TypeVar("T")
FORMAT = 1
_TABLES = """
CREATE TABLE open_query (
  query_id TEXT PRIMARY KEY, person TEXT NOT NULL, digest TEXT NOT NULL,
  opened_at REAL NOT NULL, asked_at REAL NOT NULL, page INTEGER NOT NULL,
  address TEXT, offset INTEGER NOT NULL, before_address TEXT, before_offset INTEGER NOT NULL,
  most_rows INTEGER NOT NULL, writes INTEGER NOT NULL);
CREATE TABLE ran (
  at REAL NOT NULL, person TEXT NOT NULL, statement TEXT NOT NULL, digest TEXT NOT NULL, tables TEXT NOT NULL,
  UNIQUE (person, digest));
"""


class File:
    """A connection for every step: steps are rare beside queries, and nothing is held open between calls."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "presto.db"

    async def step(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One transaction, seen by every replica when this returns."""
        try:
            return await asyncio.to_thread(self._transaction, work)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"What this server remembers can't be read or written now ({error}).") from error

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self._open()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            return work(db)

    def _open(self) -> sqlite3.Connection:
        # It holds addresses of results and people's statements: for this account alone.
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.touch(mode=0o600)
        db = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
        db.row_factory = sqlite3.Row
        # What a power cut takes is the last moment's history, and a query that the engine forgets by itself.
        db.execute("PRAGMA synchronous=NORMAL")
        (found,) = db.execute("PRAGMA user_version").fetchone()
        if found == 0:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={FORMAT}; COMMIT;")
        elif found != FORMAT:
            db.close()
            raise sqlite3.DatabaseError(f"{self._path} was written by another version")
        return db
