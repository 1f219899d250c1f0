"""Root causes in one SQLite file: every version stays, the last one is shown."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from servers.spark.incidents.store import RootCause

FORMAT = 1
_TABLES = """
CREATE TABLE causes (
  id TEXT NOT NULL, version INTEGER NOT NULL, app_id TEXT NOT NULL, app_name TEXT NOT NULL, signature TEXT NOT NULL,
  recorded_at INTEGER NOT NULL, words TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id, version)
) STRICT;
CREATE INDEX causes_by_signature ON causes (signature);
CREATE INDEX causes_by_app ON causes (app_name);
"""
_LAST = """
SELECT body, signature, app_name, words FROM causes c
WHERE version = (SELECT max(version) FROM causes WHERE id = c.id) ORDER BY recorded_at DESC LIMIT ?"""
_WORD = re.compile(r"\w{3,}")
_SCANNED = 5_000
_pack = msgspec.json.Encoder().encode
_unpack = msgspec.json.Decoder(RootCause).decode


class SqliteRootCauses:
    """A connection for every step: there are a few records a day."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def record(self, fresh: RootCause) -> RootCause:
        with closing(self._open()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            known = db.execute("SELECT max(version) FROM causes WHERE id = ?", (fresh.id,)).fetchone()[0] or 0
            before = self._read(db, fresh.id)
            if before is not None and _same(before, fresh):
                return before
            kept = msgspec.structs.replace(fresh, version=known + 1)
            words = " ".join((kept.kind, kept.cause, kept.fix, kept.app_name, kept.app_id)).lower()
            db.execute(
                "INSERT INTO causes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    kept.id,
                    kept.version,
                    kept.app_id,
                    kept.app_name,
                    kept.signature,
                    kept.recorded_at,
                    words,
                    _pack(kept),
                ),
            )
        return kept

    def latest(self, app_id: str, signature: str) -> RootCause | None:
        with closing(self._open()) as db:
            return self._read(db, record_id(app_id, signature))

    def find(self, *, signature: str, app_name: str, text: str, groups: frozenset[str], most: int) -> list[RootCause]:
        asked = set(_WORD.findall(text.lower()))
        with closing(self._open()) as db:
            rows = db.execute(_LAST, (_SCANNED,)).fetchall()
        scored = [(_score(row, signature, app_name, asked), _unpack(row[0])) for row in rows]
        readable = [(points, cause) for points, cause in scored if points and groups & set(cause.groups)]
        return [cause for _, cause in sorted(readable, key=lambda pair: (-pair[0], -pair[1].recorded_at))[:most]]

    def readable(self, groups: frozenset[str], *, most: int) -> list[RootCause]:
        with closing(self._open()) as db:
            rows = db.execute(_LAST, (_SCANNED,)).fetchall()
        return [cause for row in rows if groups & set((cause := _unpack(row[0])).groups)][:most]

    def _read(self, db: sqlite3.Connection, id: str) -> RootCause | None:
        row = db.execute("SELECT body FROM causes WHERE id = ? ORDER BY version DESC LIMIT 1", (id,)).fetchone()
        return _unpack(row[0]) if row else None

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = sqlite3.connect(self._file, timeout=5.0, isolation_level=None)
        (found,) = db.execute("PRAGMA user_version").fetchone()
        if found == 0:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={FORMAT}; COMMIT;")
        elif found != FORMAT:
            db.close()
            raise sqlite3.DatabaseError(f"{self._file} was written by another version of this server")
        return db


def record_id(app_id: str, signature: str) -> str:
    return f"{app_id}:{signature}"


def _same(before: RootCause, fresh: RootCause) -> bool:
    """Whether recording it again says nothing new: the tool may be called twice."""
    said = ("cause", "evidence", "fix", "severity", "thread_url")
    return all(getattr(before, name) == getattr(fresh, name) for name in said)


def _score(row: tuple[bytes, str, str, str], signature: str, app_name: str, asked: set[str]) -> int:
    """The same signature says more than the same job, and that more than words."""
    _, own, name, words = row
    by_words = sum(word in words for word in asked)
    if not (signature or app_name) and asked and by_words < (len(asked) + 1) // 2:
        return 0
    return 100 * bool(signature and own == signature) + 10 * bool(app_name and name == app_name) + by_words
