"""The audit log stands or falls with what it tells of."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from platform_core.audit import verify
from registry.store import audit
from registry.store.audit_tables import AuditLine
from registry.store.database import Database, open_database


async def write(database: Database, *acts: str, **said: Any) -> None:
    async with database.writing() as connection:
        for act in acts:
            facts: dict[str, Any] = {"actor": "olu", "about": "presto", "now": 1_700_000_000.25} | said
            await audit.append(connection, act=act, **facts)


async def write_in_vain(database: Database) -> None:
    async with database.writing() as connection:
        await audit.append(connection, act="second", actor="olu", about="presto", now=1.0)
        raise ZeroDivisionError


async def test_lines_come_back_as_they_were_written_and_are_bound_to_each_other(tmp_path: Path) -> None:
    detail = {"reason": "łeaks “rows”", "tools": ["a", "b"], "version": 3, "narrowed": None}
    async with open_database(tmp_path / "registry.db") as database:
        await write(database, "server.suspended", "server.opened", detail=detail)
        async with database.reading() as connection:
            lines = await audit.lines(connection, after=0, most=10)
    assert [line.act for line in lines] == ["server.suspended", "server.opened"]
    assert lines[0].detail == detail
    assert verify(lines).fault is None


async def test_a_line_is_not_there_when_what_it_tells_of_failed(tmp_path: Path) -> None:
    async with open_database(tmp_path / "registry.db") as database:
        await write(database, "first")
        with pytest.raises(ZeroDivisionError):
            await write_in_vain(database)
        await write(database, "third")
        async with database.reading() as connection:
            assert [line.act for line in await audit.lines(connection, after=0, most=10)] == ["first", "third"]
            assert (await audit.head(connection))[0] == 2


@pytest.mark.parametrize(
    ("touch", "first_bad"),
    [
        ("DELETE FROM audit WHERE number = 2", 2),
        ("UPDATE audit SET actor = 'eve' WHERE number = 3", 3),
        ("UPDATE audit SET number = 9 WHERE number = 2", 2),
        ('UPDATE audit SET detail = \'{"reason": "none"}\' WHERE number = 1', 1),
    ],
)
async def test_whoever_reaches_into_the_file_leaves_a_trace(tmp_path: Path, touch: str, first_bad: int) -> None:
    async with open_database(tmp_path / "registry.db") as database:
        await write(database, "a", "b", "c", "d")
        async with database.writing() as connection:
            await connection.execute(text(touch))
        async with database.reading() as connection:
            fault = verify(await audit.lines(connection, after=0, most=10)).fault
            assert (await connection.execute(select(AuditLine.number))).first() is not None
    assert fault is not None
    assert fault.number == first_bad
