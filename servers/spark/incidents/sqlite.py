"""Root causes in one SQLite file: every version stays, the last one is shown."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from platform_core.sqlite import SharedFile
from servers.spark.incidents.matching import SCANNED, best, next_version, pack, unpack
from servers.spark.incidents.store import RootCause, Sought, record_id

_TABLES = """
CREATE TABLE IF NOT EXISTS causes (
  id TEXT NOT NULL, version INTEGER NOT NULL, app_id TEXT NOT NULL, app_name TEXT NOT NULL, signature TEXT NOT NULL,
  recorded_at INTEGER NOT NULL, words TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id, version)
) STRICT;
CREATE INDEX IF NOT EXISTS causes_by_signature ON causes (signature);
CREATE INDEX IF NOT EXISTS causes_by_app ON causes (app_name);
"""
_INSERT = "INSERT INTO causes VALUES (?, ?, ?, ?, ?, ?, '', ?)"
# Groups are looked at before anything is left out, so that others' records take no room from one's own.
_READABLE = """
SELECT body FROM causes c
WHERE version = (SELECT max(version) FROM causes WHERE id = c.id) AND (?1 = 'null' OR EXISTS (
  SELECT 1 FROM json_each(CAST(c.body AS TEXT), '$.groups') own
  JOIN json_each(?1) asked ON own.value = asked.value))
ORDER BY signature = ?2 DESC, recorded_at DESC LIMIT ?3"""


class SqliteRootCauses:
    """A connection for every step: there are a few records a day."""

    def __init__(self, file: Path) -> None:
        self._file = SharedFile(path=file, tables=_TABLES)

    def record(self, fresh: RootCause) -> RootCause:
        return self._file.transaction(lambda db: self._record(db, fresh))

    def latest(self, app_id: str, signature: str) -> RootCause | None:
        with closing(self._file.connect()) as db:
            return self._read(db, record_id(app_id, signature))

    def find(self, sought: Sought, groups: frozenset[str], *, most: int) -> list[RootCause]:
        return best(self._readable(groups, sought.signature, SCANNED), sought, most)

    def readable(self, groups: frozenset[str] | None, *, most: int) -> list[RootCause]:
        return self._readable(groups, "", most)

    def _readable(self, groups: frozenset[str] | None, signature: str, most: int) -> list[RootCause]:
        with closing(self._file.connect()) as db:
            rows = db.execute(_READABLE, (_asked(groups), signature, most)).fetchall()
        return [unpack(body) for (body,) in rows]

    def _record(self, db: sqlite3.Connection, fresh: RootCause) -> RootCause:
        before = self._read(db, fresh.id)
        kept = next_version(before, fresh)
        if kept is None:
            return before or fresh
        keys = (kept.id, kept.version, kept.app_id, kept.app_name, kept.signature, kept.recorded_at)
        db.execute(_INSERT, (*keys, pack(kept)))
        return kept

    def _read(self, db: sqlite3.Connection, id: str) -> RootCause | None:
        row = db.execute("SELECT body FROM causes WHERE id = ? ORDER BY version DESC LIMIT 1", (id,)).fetchone()
        return unpack(row[0]) if row else None


def _asked(groups: frozenset[str] | None) -> str:
    return json.dumps(None if groups is None else sorted(groups))
