"""Makes the files of one TPC-H schema: generated, named and typed as Trino's own connector has them, measured."""

import hashlib
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from deploy.local.coordinator.catalog.duckdb_types import in_duckdb
from deploy.local.coordinator.catalog.tables import Column
from deploy.local.coordinator.catalog.tpch_tables import TABLES
from deploy.local.coordinator.catalog.types import TEXT
from platform_core.errors import WiringError

STATISTICS = "statistics.json"
_DIGESTS = "digests.json"
"""What every other file must be."""
_FIGURES = ("distinct", "low", "high", "size")


@cache
def version() -> str:
    """Names whatever the files depend on: the generator, DuckDB that writes them, and the tables that we make of it."""
    generator = _generator("--version").split()[-1]
    told = [duckdb.__version__, *(_selected(table) + _measured(table) for table in TABLES)]
    return f"{generator}-{hashlib.sha256(' '.join(told).encode()).hexdigest()[:8]}"


def make(folder: Path, scale: float) -> None:
    """Write the tables, their statistics and the digests of all that into `folder`."""
    raw = folder / "raw"
    _generator("parquet", "-s", f"{scale:g}", f"--output-dir={raw}")
    with duckdb.connect(":memory:") as connection:
        measured = {table: _made(connection, table, raw, folder) for table in TABLES}
    shutil.rmtree(raw)
    (folder / STATISTICS).write_text(json.dumps(measured))
    (folder / _DIGESTS).write_text(json.dumps({file.name: _digest(file) for file in folder.iterdir()}))
    for file in folder.iterdir():
        file.chmod(0o444)  # homes share them


def is_whole(folder: Path) -> bool:
    """Every file is there, as it was made."""
    try:
        digests: dict[str, str] = json.loads((folder / _DIGESTS).read_bytes())
        return all(_digest(folder / name) == digest for name, digest in digests.items())
    except (OSError, ValueError):
        return False


def in_file(folder: Path, table: str) -> str:
    """The rows of a table, as DuckDB is asked for them."""
    return f"read_parquet({_text(folder / f'{table}.parquet')})"


def _generator(*words: str) -> str:
    """What it says."""
    beside = Path(sys.executable).parent / "tpchgen-cli"
    program = str(beside) if beside.exists() else shutil.which("tpchgen-cli")
    if program is None:
        raise WiringError("tpchgen-cli is not installed: it comes with seedbed-local, run `make setup`")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise WiringError(f"tpchgen-cli failed: {done.stderr.strip() or f'exit {done.returncode}'}")
    return done.stdout


def _made(connection: duckdb.DuckDBPyConnection, table: str, raw: Path, folder: Path) -> dict[str, Any]:
    """Write one table and measure it."""
    target = _text(folder / f"{table}.parquet")
    connection.execute(f"COPY (SELECT {_selected(table)} FROM {in_file(raw, table)}) TO {target}")  # noqa: S608
    asked = f"SELECT count(*), {_measured(table)} FROM {in_file(folder, table)}"  # noqa: S608
    row = connection.execute(asked).fetchone() or (0,)
    figures = [dict(zip(_FIGURES, row[at : at + 4], strict=True)) for at in range(1, len(row), 4)]
    return {"rows": row[0], "columns": dict(zip((c.name for c in TABLES[table].columns), figures, strict=True))}


def _selected(table: str) -> str:
    letter = "ps" if table == "partsupp" else table[0]
    return ", ".join(f'{letter}_{c.name}::{in_duckdb(c.type)} AS "{c.name}"' for c in TABLES[table].columns)


def _measured(table: str) -> str:
    return ", ".join(figure for column in TABLES[table].columns for figure in _figures(column))


def _figures(column: Column) -> list[str]:
    name = f'"{column.name}"'
    distinct = f"least(approx_count_distinct({name}), count(*))"  # it may guess more than there are rows
    if column.type.raw in TEXT:
        return [distinct, "NULL", "NULL", f"sum(strlen({name}))::DOUBLE"]
    return [distinct, f"min({name})::VARCHAR", f"max({name})::VARCHAR", "NULL"]


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
