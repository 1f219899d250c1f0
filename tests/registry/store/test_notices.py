"""What people are told: once while it is open, again when it opens anew."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from registry.store.database import Database, open_database
from registry.store.notice_tables import Notice
from registry.store.notices import Audience, post, settle

REVIEWERS = Audience("role", "security-reviewer")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "registry.db") as opened:
        yield opened


async def say(database: Database, *, to: Audience = REVIEWERS, now: float = 1.0) -> None:
    async with database.writing() as connection:
        await post(
            connection, kind="review.waits", to=to, about="review 17", text="Presto waits", link="/reviews/17", now=now
        )


async def close(database: Database, *, now: float = 2.0) -> None:
    async with database.writing() as connection:
        await settle(connection, kind="review.waits", about="review 17", now=now)


async def told(database: Database) -> list[tuple[str, float | None]]:
    async with database.reading() as connection:
        rows = await connection.execute(select(Notice.name, Notice.settled_at).order_by(Notice.id))
        return [(name, settled_at) for name, settled_at in rows]


async def test_what_is_open_is_told_once(database: Database) -> None:
    await say(database)
    await say(database, now=5.0)
    assert await told(database) == [("security-reviewer", None)]


async def test_each_audience_is_told_of_the_same_thing(database: Database) -> None:
    await say(database)
    await say(database, to=Audience("person", "ana"))
    assert [name for name, _ in await told(database)] == ["security-reviewer", "ana"]


async def test_what_is_settled_is_settled_for_everybody(database: Database) -> None:
    await say(database)
    await say(database, to=Audience("person", "ana"))
    await close(database)
    assert [settled_at for _, settled_at in await told(database)] == [2.0, 2.0]


async def test_what_opens_anew_is_told_anew(database: Database) -> None:
    await say(database)
    await close(database)
    await say(database, now=3.0)
    assert await told(database) == [("security-reviewer", 2.0), ("security-reviewer", None)]
