"""The catalogue: every document and passage, and which of them count. What it does not call live is not there."""

import json
import sqlite3
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from platform_core import WiringError
from servers.knowledge.index.audience import Audience, name_of
from servers.knowledge.index.chunks import Chunk, embedded

FORMAT = 1
PENDING, LIVE, DEAD = 0, 1, 2
_TABLES = """
CREATE TABLE IF NOT EXISTS audiences (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, groups TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
  version INTEGER PRIMARY KEY AUTOINCREMENT, state INTEGER NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL,
  place TEXT NOT NULL, fingerprint TEXT NOT NULL, hash TEXT NOT NULL, audience INTEGER NOT NULL, title TEXT NOT NULL,
  url TEXT NOT NULL, owner TEXT NOT NULL, team TEXT NOT NULL, updated TEXT NOT NULL, review_by TEXT NOT NULL,
  supersedes TEXT NOT NULL, suspect INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_id ON documents (id, state);
CREATE INDEX IF NOT EXISTS documents_by_source ON documents (source, state);
CREATE INDEX IF NOT EXISTS documents_by_older ON documents (supersedes) WHERE supersedes != '';
CREATE TABLE IF NOT EXISTS passages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL, audience INTEGER NOT NULL, anchor TEXT NOT NULL,
  headings TEXT NOT NULL, text TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_by_version ON passages (version);
CREATE VIEW IF NOT EXISTS live AS
  SELECT p.id AS key, p.anchor, p.headings, p.text, p.hash AS passage_hash, d.*
  FROM passages p JOIN documents d USING (version) WHERE d.state = 1;
CREATE TABLE IF NOT EXISTS sources (
  name TEXT PRIMARY KEY, title TEXT NOT NULL, owner TEXT NOT NULL, synced TEXT NOT NULL, problems TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document, as it is or is about to be."""

    id: str
    source: str
    place: str
    """Where its source has it now."""
    fingerprint: str
    """Of all that its source said of it: equal means that there is nothing to do."""
    hash: str
    """Of its text."""
    audience: Audience
    title: str
    url: str
    owner: str
    team: str
    updated: str
    review_by: str
    supersedes: str
    suspect: bool
    """It holds words that are meant for a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage of a live document."""

    key: int
    """Its number in the engines; never used twice."""
    anchor: str
    headings: tuple[str, ...]
    text: str
    hash: str
    document: Document
    audience_id: int

    @property
    def embedded(self) -> str:
        """What was encoded."""
        return embedded(self.document.title, self.headings, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What a source's last sync saw at a place."""

    id: str
    fingerprint: str
    hash: str


class Catalogue:
    """One SQLite file in write-ahead mode: who asks sees the last step that was whole, while the next is made."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        self._path = path
        with closing(self._open()) as db:
            (found,) = db.execute("PRAGMA user_version").fetchone()
            if found not in (0, FORMAT):
                raise WiringError(
                    f"{path} was written by another version of this server: `sync --afresh` makes it anew"
                )
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={FORMAT}; COMMIT;")

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        db.row_factory = sqlite3.Row
        return db

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """One state of it, however long this takes."""
        with closing(self._open()) as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def step(self) -> Generator[sqlite3.Connection]:
        """All of the block or nothing."""
        with closing(self._open()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            yield db


def audiences(db: sqlite3.Connection) -> dict[int, Audience]:
    """Every audience that there ever was, by its number."""
    return {row["id"]: frozenset(json.loads(row["groups"])) for row in db.execute("SELECT id, groups FROM audiences")}


def audience_id(db: sqlite3.Connection, audience: Audience) -> int:
    name = name_of(audience)
    db.execute("INSERT OR IGNORE INTO audiences (name, groups) VALUES (?, ?)", (name, json.dumps(sorted(audience))))
    return db.execute("SELECT id FROM audiences WHERE name = ?", (name,)).fetchone()["id"]


def placed(db: sqlite3.Connection, source: str) -> dict[str, Placed]:
    """The live documents of a source, by their place."""
    rows = db.execute(
        "SELECT id, place, fingerprint, hash FROM documents WHERE source = ? AND state = ?", (source, LIVE)
    )
    return {row["place"]: Placed(id=row["id"], fingerprint=row["fingerprint"], hash=row["hash"]) for row in rows}


def prepare(db: sqlite3.Connection, document: Document, pieces: Sequence[tuple[Chunk, str]]) -> tuple[int, list[int]]:
    """Write a version that does not count yet; its number, and those of its passages."""
    audience = audience_id(db, document.audience)
    version = db.execute(
        "INSERT INTO documents VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (PENDING, document.id, document.source, document.place, document.fingerprint, document.hash, audience,
         document.title, document.url, document.owner, document.team, document.updated, document.review_by,
         document.supersedes, int(document.suspect)),
    ).lastrowid or 0  # fmt: skip
    keys = [
        db.execute(
            "INSERT INTO passages VALUES (NULL,?,?,?,?,?,?)",
            (version, audience, chunk.anchor, json.dumps(chunk.headings), chunk.text, digest),
        ).lastrowid
        or 0
        for chunk, digest in pieces
    ]
    return version, keys


def publish(db: sqlite3.Connection, versions: Iterable[int], gone: Iterable[str] = ()) -> None:
    """Let these versions count instead of those before them, and the documents `gone` no longer."""
    for version in versions:
        (name,) = db.execute("SELECT id FROM documents WHERE version = ?", (version,)).fetchone()
        db.execute("UPDATE documents SET state = ? WHERE id = ? AND state = ?", (DEAD, name, LIVE))
        db.execute("UPDATE documents SET state = ? WHERE version = ?", (LIVE, version))
    for name in gone:
        db.execute("UPDATE documents SET state = ? WHERE id = ? AND state = ?", (DEAD, name, LIVE))


def rest(db: sqlite3.Connection) -> dict[int, list[int]]:
    """Passages of versions that do not count: what a sync that was killed left, and what was replaced; by audience."""
    rows = db.execute(
        "SELECT p.id, p.audience FROM passages p JOIN documents d USING (version) WHERE d.state != ?", (LIVE,)
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["audience"], []).append(row["id"])
    return found


def sweep(db: sqlite3.Connection) -> None:
    """Forget the versions that do not count. The engines have to have forgotten them before."""
    db.execute("DELETE FROM passages WHERE version IN (SELECT version FROM documents WHERE state != ?)", (LIVE,))
    db.execute("DELETE FROM documents WHERE state != ?", (LIVE,))


def passages(db: sqlite3.Connection, keys: Collection[int], names: Mapping[int, Audience]) -> dict[int, Passage]:
    """The passages of these numbers that count, by number."""
    rows = db.execute("SELECT * FROM live WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),))
    return {row["key"]: _passage(row, names) for row in rows}


def of_document(db: sqlite3.Connection, name: str, names: Mapping[int, Audience]) -> list[Passage]:
    """The passages of a live document, in their order."""
    rows = db.execute("SELECT * FROM live WHERE id = ? ORDER BY key", (name,))
    return [_passage(row, names) for row in rows]


def _passage(row: sqlite3.Row, names: Mapping[int, Audience]) -> Passage:
    return Passage(
        key=row["key"],
        anchor=row["anchor"],
        headings=tuple(json.loads(row["headings"])),
        text=row["text"],
        hash=row["passage_hash"],
        document=document_of(row, names),
        audience_id=row["audience"],
    )


def document_of(row: sqlite3.Row, names: Mapping[int, Audience]) -> Document:
    return Document(
        id=row["id"],
        source=row["source"],
        place=row["place"],
        fingerprint=row["fingerprint"],
        hash=row["hash"],
        audience=names.get(row["audience"], frozenset()),
        title=row["title"],
        url=row["url"],
        owner=row["owner"],
        team=row["team"],
        updated=row["updated"],
        review_by=row["review_by"],
        supersedes=row["supersedes"],
        suspect=bool(row["suspect"]),
    )


def counts(db: sqlite3.Connection) -> list[tuple[int, str, int, int]]:
    """Audience, source, documents and passages of what counts."""
    rows = db.execute(
        "SELECT d.audience, d.source, COUNT(DISTINCT d.version), COUNT(p.id) FROM documents d "
        "LEFT JOIN passages p USING (version) WHERE d.state = ? GROUP BY 1, 2",
        (LIVE,),
    )
    return [tuple(row) for row in rows]


def superseding(db: sqlite3.Connection, names: Collection[str], known: Mapping[int, Audience]) -> list[Document]:
    """The live documents that replace one of `names`."""
    named = "supersedes != '' AND supersedes IN (SELECT value FROM json_each(?))"  # the first half finds the index
    rows = db.execute(f"SELECT * FROM documents WHERE state = 1 AND {named}", (json.dumps(list(names)),))  # noqa: S608
    return [document_of(row, known) for row in rows]
