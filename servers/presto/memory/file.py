"""One SQLite file that all replicas of the server on a machine share."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from platform_core.errors import Unavailable
from platform_core.sqlite import SharedFile

T = TypeVar("T")
_TABLES = """
CREATE TABLE IF NOT EXISTS open_query (
  query_id TEXT PRIMARY KEY, person TEXT NOT NULL, digest TEXT NOT NULL,
  opened_at REAL NOT NULL, asked_at REAL NOT NULL, page INTEGER NOT NULL,
  address TEXT, offset INTEGER NOT NULL, before_address TEXT, before_offset INTEGER NOT NULL,
  most_rows INTEGER NOT NULL, writes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ran (
  at REAL NOT NULL, person TEXT NOT NULL, statement TEXT NOT NULL, digest TEXT NOT NULL, tables TEXT NOT NULL,
  UNIQUE (person, digest));
CREATE TABLE IF NOT EXISTS link (
  ticket TEXT PRIMARY KEY, person TEXT NOT NULL, in_force TEXT NOT NULL, until REAL NOT NULL, statement TEXT NOT NULL,
  query_id TEXT);
"""


class File:
    """Addresses of results and people's statements. A power cut takes the last moment's history, which is borne, and
    queries that the engine forgets by itself."""

    def __init__(self, folder: Path) -> None:
        self._file = SharedFile(path=folder / "presto.db", tables=_TABLES, durable=False)

    async def step(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One transaction, seen by every replica when this returns."""
        try:
            return await asyncio.to_thread(self._file.transaction, work)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"What this server remembers can't be read or written now ({error}).") from error
