"""The TPC-H data: made once a user as Parquet files, linked into every home, described by statistics.

A schema is named after its scale, as Trino's connector names it, so that what runs here runs there: `tiny` is scale
0.01 (60,175 order lines, 3 MB, made in a second or two), `sf1` is scale 1 (6 million, some 300 MB), `sf0.1` is between.
`tiny` alone is the default: the same eight tables at two scales would be found twice, and `sf0.1` needs quotes in SQL.
"""

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from deploy.local.coordinator.catalog.tables import Statistics, Table
from deploy.local.coordinator.catalog.tpch_made import STATISTICS, in_file, is_whole, make, version
from deploy.local.coordinator.catalog.tpch_tables import TABLES

Say = Callable[[str], None]
_STATISTICS = TypeAdapter(dict[str, Statistics])


def scale_of(schema: str) -> float:
    """The scale that a schema's name stands for; `ValueError` if it stands for none."""
    if schema == "tiny":
        return 0.01
    if not re.fullmatch(r"sf(\d+|\d*\.\d+)", schema) or not float(schema[2:]) > 0:
        raise ValueError(f"{schema!r} names no TPC-H scale: tiny, or sf and a number such as sf0.1 or sf1")
    return float(schema[2:])


def prepare(data: Path, schema: str, say: Say) -> None:
    """Have the files of `schema` in `data`, out of the user's cache folder. They come into sight all at once."""
    with _alone(data) as making:
        if (data / schema).is_dir():
            return
        try:
            _linked_from_cache(schema, making, say)
        except OSError as error:
            say(f"nothing is kept for the next home: {error}")
            shutil.rmtree(making, ignore_errors=True)
            _made(schema, making, say)
        making.rename(data / schema)


def load(connection: duckdb.DuckDBPyConnection, data: Path, schema: str) -> dict[str, Table]:
    """Show the files of `schema` as views in DuckDB, and describe them."""
    known = _STATISTICS.validate_json((data / schema / STATISTICS).read_bytes())
    connection.execute(f'CREATE SCHEMA tpch."{schema}"')
    for name in TABLES:
        connection.execute(f'CREATE VIEW tpch."{schema}".{name} AS FROM {in_file(data / schema, name)}')
    return {name: replace(table, statistics=known[name]) for name, table in TABLES.items()}


def _linked_from_cache(schema: str, folder: Path, say: Say) -> None:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = base / "seedbed" / f"tpch-{version()}"
    with _alone(cache) as making:
        if not is_whole(cache / schema):
            shutil.rmtree(cache / schema, ignore_errors=True)
            _made(schema, making, say)
            making.rename(cache / schema)
        shutil.copytree(cache / schema, folder, copy_function=_linked)


def _made(schema: str, folder: Path, say: Say) -> None:
    began = time.monotonic()
    say(f"making TPC-H data of scale {scale_of(schema):g}, once")
    folder.mkdir()
    make(folder, scale_of(schema))
    size = sum(file.stat().st_size for file in folder.iterdir())
    say(f"made {size / 1e6:.0f} MB in {time.monotonic() - began:.1f} s")


def _linked(file: str, link: str) -> None:
    """The same file under a second name, or a copy where the two are on different disks."""
    try:
        os.link(file, link)
    except OSError:
        shutil.copy(file, link)


@contextmanager
def _alone(folder: Path) -> Generator[Path]:
    """The only process that makes something in `folder`, and a path in there to make it at; what is left is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that start at once make it once
        for left_over in folder.glob(".making-*"):
            shutil.rmtree(left_over)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as making:
            yield Path(making) / "whole"
