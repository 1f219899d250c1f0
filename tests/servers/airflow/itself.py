"""A real Airflow with its teaching DAGs: one for all tests of a process, since it takes a gigabyte."""

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 240.0
UP = b"answers, for this machine only"


@dataclass(frozen=True)
class Local:
    """The Airflow of these tests."""

    url: str
    secret: Path
    state: Path

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What its own database says, read past its API."""
        with closing(sqlite3.connect(f"file:{self.state}/airflow.db?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(sql).fetchall()

    @contextmanager
    def many(self, dag: str, number: int) -> Generator[list[str]]:
        """So many DAGs more, like `dag` but without a run, for as long as the block runs; their ids."""
        names = [f"many_{one:03}" for one in range(number)]
        own = {"dag_id": "?", "last_parsed_time": "'2099-01-01'", "next_dagrun_create_after": "NULL"}
        columns = [str(row[1]) for row in self.rows("SELECT * FROM pragma_table_info('dag')")]
        values = ", ".join(own.get(column, f'"{column}"') for column in columns)
        more = f"INSERT INTO dag SELECT {values} FROM dag WHERE dag_id = '{dag}'"  # noqa: S608
        try:
            self._change(more, names)
            yield names
        finally:
            self._change("DELETE FROM dag WHERE dag_id = ?", names)

    def _change(self, sql: str, names: list[str]) -> None:
        with closing(sqlite3.connect(self.state / "airflow.db", timeout=60)) as database, database:
            database.executemany(sql, [(name,) for name in names])

    def wait_for(self, states: Mapping[str, str]) -> None:
        """Until the teaching runs are so."""
        deadline = time.monotonic() + PATIENCE
        seen: dict[str, str] = {}
        while not states.items() <= seen.items():
            assert time.monotonic() < deadline, f"never {states}: {seen}"
            time.sleep(0.2)
            seen = dict(self.rows("SELECT dag_id, state FROM dag_run WHERE run_id = 'teaching'"))

    def events(self, run_id: str) -> list[tuple[Any, ...]]:
        """Lines of its log about a run: what happened, and who is named."""
        return self.rows(f"SELECT event, owner FROM log WHERE run_id = '{run_id}' AND owner != 'airflow'")  # noqa: S608

    def counts(self) -> list[tuple[Any, ...]]:
        """What a change would change: runs, tries, switches, lines of its log that name our people."""
        return self.rows(
            "SELECT (SELECT count(*) FROM dag_run WHERE run_type = 'manual'), "
            "(SELECT sum(try_number) FROM task_instance WHERE dag_id IN ('flaky_export', 'mapped_regions')), "
            "(SELECT sum(is_paused) FROM dag), "
            "(SELECT count(*) FROM log WHERE owner IN ('ana', 'olu'))"
        )


_RUNNING = pytest.StashKey[Local]()


def the_airflow(config: pytest.Config) -> Local:
    """The one of this test process: started for whoever asks first, ended with the last test."""
    if (running := config.stash.get(_RUNNING, None)) is None:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        running = config.stash[_RUNNING] = stack.enter_context(started())
    return running


@contextmanager
def started() -> Generator[Local]:
    with tempfile.TemporaryDirectory(prefix="sb-airflow-", ignore_cleanup_errors=True) as name:
        yield from _running_in(Path(name))


def _running_in(folder: Path) -> Generator[Local]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = folder / "secret"
    secret.write_text(secrets.token_urlsafe(64))
    own = {"STATE": str(folder / "state"), "PORT": str(port), "SECRET_FILE": str(secret)}
    environment = os.environ | {f"SEEDBED_LOCAL_AIRFLOW_{name}": value for name, value in own.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.local.airflow"], env=environment, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        _wait_up(process)
        yield Local(url=f"http://127.0.0.1:{port}", secret=secret, state=folder / "state")
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(60)
        assert process.stderr is not None
        process.stderr.close()
    assert ended == 0


def _wait_up(process: subprocess.Popen[bytes]) -> None:
    assert process.stderr is not None
    said: list[bytes] = []
    for line in process.stderr:
        said.append(line)
        if UP in line:
            return
    raise AssertionError(b"".join(said).decode())
