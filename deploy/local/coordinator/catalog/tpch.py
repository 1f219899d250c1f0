"""The TPC-H data: made once as Parquet files, described by statistics, kept between runs.

A schema is named after its scale, as Trino's connector names it, so that what runs here runs there: `tiny` is scale
0.01 (60,175 order lines, 3 MB, made in a second or two), `sf1` is scale 1 (6 million, some 300 MB), `sf0.1` is between.
`tiny` alone is the default: the same eight tables at two scales would be found twice, and `sf0.1` needs quotes in SQL.
"""

import fcntl
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from pydantic import TypeAdapter

from deploy.local.coordinator.catalog.duckdb_types import in_duckdb
from deploy.local.coordinator.catalog.tables import Column, Statistics, Table
from deploy.local.coordinator.catalog.tpch_tables import TABLES
from deploy.local.coordinator.catalog.types import TEXT
from platform_core.errors import WiringError

_STATISTICS = TypeAdapter(dict[str, Statistics])


def scale_of(schema: str) -> float:
    """The scale that a schema's name stands for; `ValueError` if it stands for none."""
    if schema == "tiny":
        return 0.01
    if not re.fullmatch(r"sf(\d+|\d*\.\d+)", schema) or not float(schema[2:]) > 0:
        raise ValueError(f"{schema!r} names no TPC-H scale: tiny, or sf and a number such as sf0.1 or sf1")
    return float(schema[2:])


def prepare(data: Path, schema: str, say: Callable[[str], None]) -> None:
    """Make the files of `schema` in `data`, unless they are there. They come into sight all at once."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that start at once make them once
        if (data / schema).is_dir():
            return
        for left_over in data.glob(".making-*"):
            shutil.rmtree(left_over)
        began = time.monotonic()
        say(f"making TPC-H data of scale {scale_of(schema):g} in {data / schema}, once")
        with tempfile.TemporaryDirectory(prefix=".making-", dir=data) as making:
            _whole(Path(making), scale_of(schema)).rename(data / schema)
        size = sum(file.stat().st_size for file in (data / schema).iterdir())
        say(f"made {size / 1e6:.0f} MB in {time.monotonic() - began:.1f} s")


def _whole(making: Path, scale: float) -> Path:
    raw, folder = making / "raw", making / "whole"
    folder.mkdir()
    _generate(raw, scale)
    with duckdb.connect(":memory:") as connection:
        measured = {table: _made(connection, table, raw, folder) for table in TABLES}
    (folder / "statistics.json").write_text(json.dumps(measured))
    return folder


def load(connection: duckdb.DuckDBPyConnection, data: Path, schema: str) -> dict[str, Table]:
    """Show the files of `schema` as views in DuckDB, and describe them."""
    known = _STATISTICS.validate_json((data / schema / "statistics.json").read_bytes())
    connection.execute(f'CREATE SCHEMA tpch."{schema}"')
    for name in TABLES:
        connection.execute(f'CREATE VIEW tpch."{schema}".{name} AS FROM {_file(data / schema, name)}')
    return {name: replace(table, statistics=known[name]) for name, table in TABLES.items()}


def _generate(folder: Path, scale: float) -> None:
    beside = Path(sys.executable).parent / "tpchgen-cli"
    program = str(beside) if beside.exists() else shutil.which("tpchgen-cli")
    if program is None:
        raise WiringError("tpchgen-cli is not installed: it comes with seedbed-local, run `make setup`")
    command = [program, "parquet", "-s", f"{scale:g}", f"--output-dir={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise WiringError(f"tpchgen-cli failed: {done.stderr.strip() or f'exit {done.returncode}'}")


def _made(connection: duckdb.DuckDBPyConnection, table: str, raw: Path, folder: Path) -> dict[str, Any]:
    """Write one table with the names and types of Trino's connector, and measure it."""
    letter = "ps" if table == "partsupp" else table[0]
    columns = TABLES[table].columns
    named = ", ".join(f'{letter}_{c.name}::{in_duckdb(c.type)} AS "{c.name}"' for c in columns)
    target = _text(folder / f"{table}.parquet")
    connection.execute(f"COPY (SELECT {named} FROM {_file(raw, table)}) TO {target}")  # noqa: S608
    asked = ", ".join(figure for column in columns for figure in _figures(column))
    row = connection.execute(f"SELECT count(*), {asked} FROM {_file(folder, table)}").fetchone() or (0,)  # noqa: S608
    figures = [dict(zip(_FIGURES, row[at : at + 4], strict=True)) for at in range(1, len(row), 4)]
    return {"rows": row[0], "columns": dict(zip((c.name for c in columns), figures, strict=True))}


def _file(folder: Path, table: str) -> str:
    return f"read_parquet({_text(folder / f'{table}.parquet')})"


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


_FIGURES = ("distinct", "low", "high", "size")


def _figures(column: Column) -> list[str]:
    name = f'"{column.name}"'
    distinct = f"least(approx_count_distinct({name}), count(*))"  # it may guess more than there are rows
    if column.type.raw in TEXT:
        return [distinct, "NULL", "NULL", f"sum(strlen({name}))::DOUBLE"]
    return [distinct, f"min({name})::VARCHAR", f"max({name})::VARCHAR", "NULL"]
