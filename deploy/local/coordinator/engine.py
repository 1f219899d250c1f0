"""DuckDB: one database in memory, a connection a query; the only module that runs anything."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

import duckdb
from duckdb.sqltypes import DuckDBPyType

from deploy.local.coordinator.catalog import tpch
from deploy.local.coordinator.catalog.duckdb_types import of_duckdb
from deploy.local.coordinator.catalog.tables import Row, Table
from deploy.local.coordinator.catalog.types import Type
from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.session import Session
from deploy.local.coordinator.settings import CoordinatorSettings

BATCH = 1000
"""Rows taken from DuckDB at a time."""
PREFIX = "FROM ("
"""What stands before a query when only its types are asked for; DuckDB's error positions count it."""
_OURS = "'TimeZone', 'enable_progress_bar', 'enable_progress_bar_print', 'progress_bar_time', 'streaming_buffer_size'"


def _type(held: DuckDBPyType) -> Type:
    type_ = of_duckdb(held)
    if type_ is None:
        raise TrinoError(ErrorCode.NOT_SUPPORTED, f"This engine has no type for {held}")
    return type_


class Connection:
    """DuckDB as one query sees it. One thread runs statements; any thread may interrupt it or ask how far it is."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def outputs(self, sql: str) -> list[tuple[str, Type]]:
        """The names and types that a query would answer with, from its analysis alone."""
        cursor = self._cursor.execute(f"{PREFIX}{sql}) LIMIT 0")
        return [(column[0], _type(column[1])) for column in cursor.description]

    def stream(self, sql: str) -> Iterator[list[Row]]:
        """Run a query and hand out its rows as they come."""
        self._cursor.execute(sql)
        while rows := self._cursor.fetchmany(BATCH):
            yield rows

    def run(self, sql: str) -> int:
        """Run a change; the number of rows it wrote, where it says one."""
        row = self._cursor.execute(sql).fetchone()
        return int(row[0]) if row and isinstance(row[0], int) else 0

    def plan(self, sql: str) -> dict[str, Any]:
        """DuckDB's plan of a query: nodes with `name`, `children` and `extra_info`."""
        row = self._cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchone()
        return json.loads(row[1])[0] if row else {}

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All of it, or nothing."""
        self._cursor.begin()
        whole = False
        try:
            yield
            whole = True
        finally:
            (self._cursor.commit if whole else self._cursor.rollback)()

    def progress(self) -> float:
        """How much of the running statement is done, in percent."""
        return max(0.0, min(100.0, self._cursor.query_progress()))

    def interrupt(self) -> None:
        """Stop what runs."""
        self._cursor.interrupt()

    def close(self) -> None:
        """Give the connection back."""
        self._cursor.close()


_FIXED = {
    "errors_as_json": True,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # What does not fit into memory fails, as in Trino, and leaves no files behind.
    "temp_directory": "",
}


class Engine:
    """The database and the data in it. No statement reaches a file outside of the data folder, nor the settings."""

    def __init__(self, settings: CoordinatorSettings) -> None:
        threads = {} if settings.threads is None else {"threads": settings.threads}
        fixed = {**_FIXED, "memory_limit": settings.memory}
        self._opening = Lock()
        self._root = duckdb.connect(":memory:", config={**fixed, **threads})
        # DuckDB calls its database in memory "memory", which is just what Trino calls the catalog.
        self._root.execute("CREATE SCHEMA \"default\"; ATTACH ':memory:' AS tpch")
        self.tpch = {schema: self._load(settings, schema) for schema in settings.schemas.split(",")}
        self._lock_down(settings)

    def _load(self, settings: CoordinatorSettings, schema: str) -> dict[str, Table]:
        return tpch.load(self._root, settings.data, schema)

    def _lock_down(self, settings: CoordinatorSettings) -> None:
        folder = f"{settings.data.absolute()}/".replace("'", "''")
        self._root.execute(f"SET allowed_directories = ['{folder}']; SET enable_external_access = false")
        self._root.execute(f"SET allowed_configs = [{_OURS}]; SET lock_configuration = true")

    def open(self, session: Session) -> Connection:
        """A connection for one query."""
        with self._opening:
            cursor = self._root.cursor()
        cursor.execute(
            "SET enable_progress_bar = true; SET enable_progress_bar_print = false; SET progress_bar_time = 0;"
            "SET streaming_buffer_size = '1MB'"
        )
        with suppress(duckdb.Error):  # Python knows a zone or two that DuckDB does not: UTC then
            cursor.execute(f"SET TimeZone = '{session.time_zone}'")
        return Connection(cursor)

    def close(self) -> None:
        """Let go of the database."""
        self._root.close()
