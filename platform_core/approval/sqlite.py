"""Approvals in one SQLite file: of an experiment on its author's machine, and of tests."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from platform_core.approval.record import Answer, Approval, Way
from platform_core.approval.rows import FORMAT, TABLE, approval_of, insert
from platform_core.approval.store import AT_MOST, UNSEEN_SECONDS, TooManyWait
from platform_core.errors import Unavailable
from platform_core.sqlite import SharedFile

T = TypeVar("T")


class SqliteApprovals:
    """A connection for every step: steps are rare, and nothing is held open between a question and its answer."""

    def __init__(self, path: Path) -> None:
        self._file = SharedFile(path=path, tables=TABLE, format=FORMAT)

    async def ask(self, fresh: Approval) -> Approval:
        return await self._step(lambda db: _ask(db, fresh), fresh.asked_at)

    async def read(self, id: str, *, now: float) -> Approval | None:
        return await self._step(lambda db: _read(db, id), now)

    async def answer(self, id: str, answer: Answer, *, on: Way, now: float) -> bool:
        change = "UPDATE approvals SET state = ?, answered_at = ?, answered_on = ? WHERE id = ? AND state = 'pending'"
        return await self._change(change, (answer, now, on, id), now)

    async def consume(self, id: str, *, now: float) -> bool:
        change = "UPDATE approvals SET state = 'consumed', begun_at = ? WHERE id = ? AND state = 'granted'"
        return await self._change(change, (now, id), now)

    async def refer(self, id: str, reference: str, *, now: float) -> None:
        await self._change("UPDATE approvals SET reference = ? WHERE id = ?", (reference, id), now)

    async def end(self, id: str, how: Literal["done", "unknown"], *, now: float) -> None:
        change = "UPDATE approvals SET state = ?, ended_at = ? WHERE id = ? AND state IN ('consumed', 'unknown')"
        await self._change(change, (how, now, id), now)

    async def close(self) -> None:
        pass

    async def _change(self, change: str, values: tuple[Any, ...], now: float) -> bool:
        return await self._step(lambda db: db.execute(change, values).rowcount == 1, now)

    async def _step(self, work: Callable[[sqlite3.Connection], T], now: float) -> T:
        """One transaction, on the disk when this returns; what has run out by `now` has ended before `work` looks."""

        def step(db: sqlite3.Connection) -> T:
            _run_out(db, now)
            return work(db)

        try:
            return await asyncio.to_thread(self._file.transaction, step)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                f"Approvals can't be read or written now ({error}). Nothing ran; try again later.", retry_after=5
            ) from error


def _run_out(db: sqlite3.Connection, now: float) -> None:
    late = "UPDATE approvals SET state = 'expired' WHERE state IN ('pending', 'granted') AND expires_at <= ?"
    db.execute(late, (now,))
    unseen = "UPDATE approvals SET state = 'unknown' WHERE state = 'consumed' AND begun_at <= ?"
    db.execute(unseen, (now - UNSEEN_SECONDS,))


def _ask(db: sqlite3.Connection, fresh: Approval) -> Approval:
    living = _living(db, fresh)
    if living is not None and living.shown == fresh.shown:
        return living
    if living is not None and living.state != "declined":
        db.execute("UPDATE approvals SET state = 'expired' WHERE id = ?", (living.id,))
    _refuse_a_sixth(db, fresh)
    void = living.id if living is not None and living.state == "granted" else None
    insert(db, fresh, earlier=_unseen(db, fresh) or void)
    return _read(db, fresh.id) or fresh


def _living(db: sqlite3.Connection, fresh: Approval) -> Approval | None:
    row = db.execute(
        "SELECT * FROM approvals WHERE key = ? AND state IN ('pending', 'granted', 'declined') AND expires_at > ?"
        " ORDER BY asked_at DESC LIMIT 1",
        (fresh.bound.key, fresh.asked_at),
    ).fetchone()
    return None if row is None else approval_of(row)


def _unseen(db: sqlite3.Connection, fresh: Approval) -> str | None:
    """The last time that this very call was begun, where nobody saw its end."""
    row = db.execute(
        "SELECT id, state FROM approvals WHERE key = ? AND state IN ('consumed', 'unknown', 'done')"
        " ORDER BY begun_at DESC LIMIT 1",
        (fresh.bound.key,),
    ).fetchone()
    return None if row is None or row["state"] == "done" else row["id"]


def _refuse_a_sixth(db: sqlite3.Connection, fresh: Approval) -> None:
    bound = fresh.bound
    rows = db.execute(
        "SELECT * FROM approvals WHERE subject = ? AND state = 'pending' AND environment = ? AND server = ?"
        " ORDER BY asked_at",
        (bound.subject, bound.environment, bound.server),
    ).fetchall()
    if len(rows) >= AT_MOST:
        raise TooManyWait(tuple(approval_of(row) for row in rows))


def _read(db: sqlite3.Connection, id: str) -> Approval | None:
    row = db.execute("SELECT * FROM approvals WHERE id = ?", (id,)).fetchone()
    if row is None:
        return None
    earlier = db.execute("SELECT * FROM approvals WHERE id = ?", (row["earlier"],)).fetchone()
    return approval_of(row, earlier)
