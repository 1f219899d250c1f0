"""The database is brought up to date at start, in one step, and never opened when it is too new."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from platform_core.errors import WiringError
from registry.store import (
    approval_tables,
    audit_tables,
    drift_tables,
    impact_tables,
    notice_tables,
    retention_tables,
    review_tables,
    reviews,
)
from registry.store.database import MIGRATIONS, Database, open_database
from registry.store.tables import Table

SCHEMA = (
    Table,
    approval_tables,
    audit_tables,
    drift_tables,
    impact_tables,
    notice_tables,
    retention_tables,
    review_tables,
)
"""Where tables stand: importing them is what makes them known."""


def alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def at_revision(path: Path, revision: str) -> None:
    """A database as an older Seedbed left it."""
    config = alembic()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO invocation_bodies VALUES ('call-1', 'kept')"))
    engine.dispose()


async def differences(database: Database) -> list[object]:
    async with database.reading() as connection:
        return list(
            await connection.run_sync(
                lambda opened: compare_metadata(MigrationContext.configure(opened), Table.metadata)
            )
        )


async def test_an_empty_file_gets_every_table_as_the_code_knows_it(tmp_path: Path) -> None:
    async with open_database(tmp_path / "new" / "registry.db") as database:
        assert await differences(database) == []


@pytest.mark.parametrize(
    "revision", [script.revision for script in ScriptDirectory.from_config(alembic()).walk_revisions()]
)
async def test_every_older_database_is_brought_up_to_date_and_keeps_what_it_holds(
    tmp_path: Path, revision: str
) -> None:
    at_revision(tmp_path / "registry.db", revision)
    async with open_database(tmp_path / "registry.db") as database:
        assert await differences(database) == []
        async with database.reading() as connection:
            assert (await connection.exec_driver_sql("SELECT result FROM invocation_bodies")).scalar() == "kept"


async def test_what_was_handed_in_before_is_listed_as_what_comes_now(tmp_path: Path) -> None:
    at_revision(tmp_path / "registry.db", "0007")
    manifest = {"title": "Presto", "owner": "Data & Platform"}
    handed_in = json.dumps({"manifest": manifest, "version": "1.2.0"})
    with closing(sqlite3.connect(tmp_path / "registry.db")) as connection, connection:
        connection.execute(
            "INSERT INTO submissions (server, state, why, submitted_by, submitted_at, registration, answers,"
            " contract_digest, substance) VALUES ('presto', 'live', 'new', 'olu', 1, ?, '{}', 'x', 'x')",
            [handed_in],
        )
    async with open_database(tmp_path / "registry.db") as database, database.reading() as connection:
        [one] = await reviews.listed(connection, groups=["data-platform"])
    assert (one.title, one.owner, one.server_version) == ("Presto", "Data & Platform", "1.2.0")


async def test_a_database_of_a_newer_seedbed_is_refused_with_a_way_on(tmp_path: Path) -> None:
    async with open_database(tmp_path / "registry.db") as database, database.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(WiringError, match=r"newer one wrote it.*SEEDBED_REGISTRY_DATABASE"):
        async with open_database(tmp_path / "registry.db"):
            pass


async def test_the_file_is_for_this_account_alone(tmp_path: Path) -> None:
    async with open_database(tmp_path / "registry.db"):
        assert stat.S_IMODE((tmp_path / "registry.db").stat().st_mode) == 0o600


async def twice(database: Database, insert: str) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql(insert)
        await connection.exec_driver_sql(insert)


async def test_a_block_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    insert = "INSERT INTO invocation_bodies VALUES ('call-1', 'half')"
    async with open_database(tmp_path / "registry.db") as database:
        with pytest.raises(IntegrityError):
            await twice(database, insert)
        async with database.reading() as connection:
            assert (await connection.exec_driver_sql("SELECT count(*) FROM invocation_bodies")).scalar() == 0


async def test_a_reader_keeps_its_view_while_somebody_writes(tmp_path: Path) -> None:
    count = "SELECT count(*) FROM invocation_bodies"
    async with open_database(tmp_path / "registry.db") as database:
        async with database.reading() as reader:
            assert (await reader.exec_driver_sql(count)).scalar() == 0
            async with database.writing() as writer:
                await writer.exec_driver_sql("INSERT INTO invocation_bodies VALUES ('call-1', 'new')")
            assert (await reader.exec_driver_sql(count)).scalar() == 0
        async with database.reading() as reader:
            assert (await reader.exec_driver_sql(count)).scalar() == 1
