"""One SQLite file that the processes of a machine share."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A connection for every step: steps are rare, and nothing is held open between them. For this account alone."""

    path: Path
    tables: str
    """Each with IF NOT EXISTS: two processes may come first at once."""
    format: int = 1
    """Number of these tables; a file with another one is not touched."""
    durable: bool = True
    """What was written is on the disk before a step ends; else a power cut may take the last ones."""

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """All of `work` or nothing, with nobody else writing; seen by everybody when this returns."""
        with closing(self.connect()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            return work(db)

    def connect(self) -> sqlite3.Connection:
        """Open it, made if need be; rows have names, and the caller closes."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600)
        db = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
        try:
            self._prepare(db)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.row_factory = sqlite3.Row
        db.execute(f"PRAGMA synchronous={'FULL' if self.durable else 'NORMAL'}")
        (found,) = db.execute("PRAGMA user_version").fetchone()
        if found == 0:
            # No WAL: it is slower where a step opens and closes, and two who turn it on at once find the file locked.
            db.executescript(f"BEGIN IMMEDIATE; {self.tables} PRAGMA user_version={self.format}; COMMIT;")
        elif found != self.format:
            raise sqlite3.DatabaseError(f"{self.path} was written by another version of Seedbed")
