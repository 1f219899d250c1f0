"""The database file: opened, brought up to date, read by many and written by one at a time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from platform_core.errors import WiringError
from registry.store.changes import Changes, executed, watch

MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """SQLite in WAL mode: readers never wait, writers take turns, and a commit is on the disk when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writers = engine.execution_options(begins="IMMEDIATE")
        self._turn = asyncio.Lock()
        self.changes = Changes()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """One consistent view, whatever is written meanwhile."""
        async with self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction: all of it is on the disk when the block ends, or none of it."""
        written: set[str] = set()
        async with self._turn:
            try:
                async with self._writers.begin() as connection:
                    watch(connection, written)
                    yield connection
            finally:  # what was cancelled may have been written
                self.changes.note(written)


@asynccontextmanager
async def open_database(path: Path) -> AsyncGenerator[Database]:
    """Open the file, made if it is missing, and bring it up to date.

    Raises `WiringError` where only a newer Seedbed knows it.
    """
    engine = _engine(path)
    try:
        database = Database(engine)
        async with database.writing() as connection:
            await connection.run_sync(_migrate, path)
        yield database
    finally:
        await engine.dispose()


def _engine(path: Path) -> AsyncEngine:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    event.listen(engine.sync_engine, "connect", _configure)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "after_cursor_execute", executed)
    return engine


def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver would begin too late: `_begin` does it
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer that begins as a reader could fail later, with half of its work done in vain.
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begins', 'DEFERRED')}")


def _migrate(connection: Connection, path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = _revision(connection)
    if found is not None and found not in known:
        raise WiringError(
            f"the database {path} is at revision {found}, which this Seedbed does not know: a newer one wrote it. "
            "Start that one, or name another file in SEEDBED_REGISTRY_DATABASE."
        )
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
