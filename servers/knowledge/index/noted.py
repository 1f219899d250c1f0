"""The sources, as the catalogue remembers them: how the last pass over each ended, and which documents are whose."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence


def note_source(
    db: sqlite3.Connection, name: str, title: str, owner: str, synced: str, problems: Sequence[str]
) -> None:
    """Remember a source and how its last pass ended; `synced` is empty where it could not be listed."""
    db.execute(
        "INSERT INTO sources VALUES (?,?,?,?,?) ON CONFLICT (name) DO UPDATE SET title = excluded.title, "
        "owner = excluded.owner, problems = excluded.problems, "
        "synced = CASE excluded.synced WHEN '' THEN synced ELSE excluded.synced END",
        (name, title, owner, synced, json.dumps(list(problems))),
    )


def source_names(db: sqlite3.Connection) -> list[str]:
    return [row["name"] for row in db.execute("SELECT name FROM sources ORDER BY name")]


def forget_sources(db: sqlite3.Connection, names: Iterable[str]) -> None:
    db.executemany("DELETE FROM sources WHERE name = ?", [(name,) for name in names])


def noted_sources(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM sources ORDER BY name").fetchall()


def sources_of(db: sqlite3.Connection, names: Collection[str], readable: Collection[int]) -> dict[str, str]:
    """The source of each of these documents that counts and that is for one of the audiences `readable`."""
    sql = "SELECT id, source, audience FROM documents WHERE state = 1 AND id IN (SELECT value FROM json_each(?))"
    rows = db.execute(sql, (json.dumps(list(names)),))
    return {row["id"]: row["source"] for row in rows if row["audience"] in readable}
