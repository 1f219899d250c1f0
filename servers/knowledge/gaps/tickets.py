"""Tickets: a row for each report, kept apart from the index, which can be made anew."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platform_core.sqlite import SharedFile

Kind = Literal["missing", "wrong", "stale"]
_TABLES = """
CREATE TABLE IF NOT EXISTS tickets (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, reporter TEXT NOT NULL, kind TEXT NOT NULL,
  query TEXT NOT NULL, documents TEXT NOT NULL, comment TEXT NOT NULL, owner TEXT NOT NULL, open INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS tickets_by_reporter ON tickets (reporter, at);
"""
HOUR = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One report."""

    reporter: str
    kind: Kind
    query: str
    documents: tuple[str, ...]
    comment: str
    owner: str


class Tickets:
    """The tickets of this server."""

    def __init__(self, path: Path) -> None:
        self._file = SharedFile(path=path, tables=_TABLES)

    def open(self, ticket: Ticket, *, now: float, most: int) -> int | None:
        """The ticket's number; None where this person has opened `most` within the hour."""

        def work(db: sqlite3.Connection) -> int | None:
            if _recent(db, ticket.reporter, now) >= most:
                return None
            return db.execute(
                "INSERT INTO tickets VALUES (NULL,?,?,?,?,?,?,?,1)",
                (now, ticket.reporter, ticket.kind, ticket.query, json.dumps(ticket.documents), ticket.comment,
                 ticket.owner),
            ).lastrowid  # fmt: skip

        return self._file.transaction(work)

    def left(self, reporter: str, *, now: float, most: int) -> int:
        """How many reports the person may still make within the hour."""
        return self._file.transaction(lambda db: max(most - _recent(db, reporter, now), 0))

    def open_by_document(self) -> dict[str, int]:
        """Open tickets about each document."""
        counts: dict[str, int] = {}
        rows = self._file.transaction(lambda db: db.execute("SELECT documents FROM tickets WHERE open = 1").fetchall())
        for row in rows:
            for document in json.loads(row["documents"]):
                counts[document] = counts.get(document, 0) + 1
        return counts

    def all(self) -> list[sqlite3.Row]:
        """Every ticket, oldest first: for the operator."""
        return self._file.transaction(lambda db: db.execute("SELECT * FROM tickets ORDER BY number").fetchall())


def _recent(db: sqlite3.Connection, reporter: str, now: float) -> int:
    (count,) = db.execute(
        "SELECT COUNT(*) FROM tickets WHERE reporter = ? AND at > ?", (reporter, now - HOUR)
    ).fetchone()
    return count
