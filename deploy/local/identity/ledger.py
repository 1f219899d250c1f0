"""What the provider has given out and still stands by, in one SQLite file that outlives a restart."""

import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Something granted until a moment."""

    model_config = ConfigDict(frozen=True)
    expires_at: float


R = TypeVar("R", bound=Record)


class Ledger:
    """Records by kind and key. Work that belongs together happens in one `turn`: all of it or nothing."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._turns = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute(
            "create table if not exists grants"
            " (kind text, key text, expires_at real, body text, primary key (kind, key))"
        )

    @contextmanager
    def turn(self) -> Generator[None]:
        """Hold the ledger until the answer is ready; what has run out is forgotten first."""
        with self._turns, self._db:
            self._db.execute("begin immediate")
            self._db.execute("delete from grants where expires_at <= ?", (time.time(),))
            yield

    def put(self, key: str, record: Record) -> None:
        """Write or replace one record."""
        row = (type(record).__name__, key, record.expires_at, record.model_dump_json())
        with self._turns:
            self._db.execute("insert or replace into grants values (?, ?, ?, ?)", row)

    def get(self, kind: type[R], key: str) -> R | None:
        """The record, unless it has run out."""
        found = self._select(kind, "and key = ?", key)
        return found[0] if found else None

    def every(self, kind: type[R]) -> list[R]:
        """All records of a kind that have not run out."""
        return self._select(kind, "")

    def _select(self, kind: type[R], narrower: str, *values: str) -> list[R]:
        query = f"select body from grants where kind = ? and expires_at > ? {narrower}"  # noqa: S608 - fixed texts
        with self._turns:
            rows: list[tuple[str]] = self._db.execute(query, (kind.__name__, time.time(), *values)).fetchall()
        return [kind.model_validate_json(body) for (body,) in rows]

    def drop(self, kind: type[Record], key: str) -> None:
        """Forget one record."""
        with self._turns:
            self._db.execute("delete from grants where kind = ? and key = ?", (kind.__name__, key))


def digest(secret: str) -> str:
    """The key under which a secret is kept: a stolen ledger opens nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()
