"""Root causes in one SQLite file: every version stays, the last one is shown."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from servers.spark.incidents.matching import SCANNED, best, next_version, pack, unpack
from servers.spark.incidents.store import RootCause, Sought, record_id

FORMAT = 1
_TABLES = (
    """CREATE TABLE causes (
  id TEXT NOT NULL, version INTEGER NOT NULL, app_id TEXT NOT NULL, app_name TEXT NOT NULL, signature TEXT NOT NULL,
  recorded_at INTEGER NOT NULL, words TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id, version)
) STRICT""",
    "CREATE INDEX causes_by_signature ON causes (signature)",
    "CREATE INDEX causes_by_app ON causes (app_name)",
)
_INSERT = "INSERT INTO causes VALUES (?, ?, ?, ?, ?, ?, '', ?)"
# Groups are looked at before anything is left out, so that others' records take no room from one's own.
_READABLE = """
SELECT body FROM causes c
WHERE version = (SELECT max(version) FROM causes WHERE id = c.id) AND EXISTS (
  SELECT 1 FROM json_each(CAST(c.body AS TEXT), '$.groups') own
  JOIN json_each(?) asked ON own.value = asked.value)
ORDER BY signature = ? DESC, recorded_at DESC LIMIT ?"""


class SqliteRootCauses:
    """A connection for every step: there are a few records a day."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def record(self, fresh: RootCause) -> RootCause:
        with closing(self._open()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            before = self._read(db, fresh.id)
            kept = next_version(before, fresh)
            if kept is None:
                return before or fresh
            keys = (kept.id, kept.version, kept.app_id, kept.app_name, kept.signature, kept.recorded_at)
            db.execute(_INSERT, (*keys, pack(kept)))
        return kept

    def latest(self, app_id: str, signature: str) -> RootCause | None:
        with closing(self._open()) as db:
            return self._read(db, record_id(app_id, signature))

    def find(self, sought: Sought, groups: frozenset[str], *, most: int) -> list[RootCause]:
        return best(self._readable(groups, sought.signature, SCANNED), sought, most)

    def readable(self, groups: frozenset[str], *, most: int) -> list[RootCause]:
        return self._readable(groups, "", most)

    def _readable(self, groups: frozenset[str], signature: str, most: int) -> list[RootCause]:
        with closing(self._open()) as db:
            rows = db.execute(_READABLE, (json.dumps(sorted(groups)), signature, most)).fetchall()
        return [unpack(body) for (body,) in rows]

    def _read(self, db: sqlite3.Connection, id: str) -> RootCause | None:
        row = db.execute("SELECT body FROM causes WHERE id = ? ORDER BY version DESC LIMIT 1", (id,)).fetchone()
        return unpack(row[0]) if row else None

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = sqlite3.connect(self._file, timeout=10.0, isolation_level=None)
        if (found := _format(db)) == 0:
            db.execute("BEGIN IMMEDIATE")  # of two processes that begin at once the second finds the tables made
            if (found := _format(db)) == 0:
                for statement in (*_TABLES, f"PRAGMA user_version={FORMAT}"):
                    db.execute(statement)
                found = FORMAT
            db.execute("COMMIT")
        if found != FORMAT:
            db.close()
            raise sqlite3.DatabaseError(f"{self._file} was written by another version of this server")
        return db


def _format(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
