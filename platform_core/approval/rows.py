"""An approval as a row: the table, and the way into it and back."""

import sqlite3
from typing import Any

import msgspec

from platform_core.approval.record import Approval, Bound, Shown

FORMAT = 1
TABLE = """
CREATE TABLE IF NOT EXISTS approvals (
  id TEXT PRIMARY KEY, key TEXT NOT NULL, environment TEXT NOT NULL, server TEXT NOT NULL, subject TEXT NOT NULL,
  bound TEXT NOT NULL, shown TEXT NOT NULL, agent TEXT, trace_id TEXT, earlier TEXT REFERENCES approvals (id),
  state TEXT NOT NULL, asked_at REAL NOT NULL, expires_at REAL NOT NULL, answered_at REAL, answered_on TEXT,
  begun_at REAL, ended_at REAL, reference TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS approvals_of_a_call ON approvals (key, state);
CREATE INDEX IF NOT EXISTS approvals_of_a_person ON approvals (subject, state);
CREATE INDEX IF NOT EXISTS approvals_by_state ON approvals (state, expires_at);
"""
_PLAIN = (
    *("id", "state", "asked_at", "expires_at", "agent", "trace_id", "answered_at", "answered_on"),
    *("begun_at", "ended_at", "reference"),
)


def insert(db: sqlite3.Connection, fresh: Approval, *, earlier: str | None) -> None:
    """Write a pending approval."""
    bound = fresh.bound
    row: dict[str, Any] = {
        "id": fresh.id, "key": bound.key, "environment": bound.environment, "server": bound.server,
        "subject": bound.subject, "bound": _text(bound), "shown": _text(fresh.shown), "agent": fresh.agent,
        "trace_id": fresh.trace_id, "earlier": earlier, "asked_at": fresh.asked_at, "expires_at": fresh.expires_at,
    }  # fmt: skip
    db.execute(
        "INSERT INTO approvals (id, key, environment, server, subject, bound, shown, agent, trace_id, earlier, state,"
        " asked_at, expires_at) VALUES (:id, :key, :environment, :server, :subject, :bound, :shown, :agent, :trace_id,"
        " :earlier, 'pending', :asked_at, :expires_at)",
        row,
    )


def approval_of(row: sqlite3.Row, earlier: sqlite3.Row | None = None) -> Approval:
    """Read a row, with the one before it where that is known."""
    return Approval(
        bound=msgspec.json.decode(row["bound"], type=Bound),
        shown=msgspec.json.decode(row["shown"], type=Shown),
        earlier=approval_of(earlier) if earlier is not None else None,
        **{name: row[name] for name in _PLAIN},
    )


def _text(value: Bound | Shown) -> str:
    return msgspec.json.encode(value).decode()
