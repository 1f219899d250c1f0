"""Vectors that were computed once: by model and by what was encoded, for every index of this account."""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from servers.knowledge.encoder.port import Encoder, Vectors

_TABLE = "CREATE TABLE IF NOT EXISTS vectors (hash BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"


class KnownVectors:
    """A cache that may be lost at any time, and that nothing depends on but speed."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / f"vectors-{encoder.model.name}-{encoder.model.revision}.db"
        try:
            self._prepare()
        except sqlite3.DatabaseError:  # a cache that is broken is no cache
            self._path.unlink()
            self._prepare()

    def of(self, texts: Sequence[str]) -> Vectors:
        """The vectors of `texts`; what is new among them is encoded."""
        names = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        with closing(self._open()) as db:
            known = _known(db, names)
            if missing := [place for place, name in enumerate(names) if name not in known]:
                fresh = self._encoder.encode([texts[place] for place in missing])
                rows = [(names[place], fresh[at].tobytes()) for at, place in enumerate(missing)]
                with db:
                    db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
                known.update(rows)
        stacked = np.frombuffer(b"".join(known[name] for name in names), np.float32)
        return stacked.reshape(len(texts), self._encoder.model.dimension).copy()

    def _prepare(self) -> None:
        self._path.touch(mode=0o600)
        with closing(self._open()) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute(_TABLE)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30)


def _known(db: sqlite3.Connection, names: Sequence[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for start in range(0, len(names), 500):
        some = names[start : start + 500]
        marks = ",".join("?" * len(some))
        found.update(db.execute(f"SELECT hash, vector FROM vectors WHERE hash IN ({marks})", some))  # noqa: S608
    return found
