"""A real Airflow with its teaching DAGs, and a server that talks to it."""

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from platform_core.approval.desk import Desk
from platform_core.testing import desk_in
from servers.airflow.server import server
from servers.airflow.session import shared

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

    def counts(self) -> list[tuple[Any, ...]]:
        """What a change would change: runs, tries, switches."""
        return self.rows(
            "SELECT (SELECT count(*) FROM dag_run WHERE run_type = 'manual'), "
            "(SELECT sum(try_number) FROM task_instance WHERE dag_id IN ('flaky_export', 'mapped_regions')), "
            "(SELECT sum(is_paused) FROM dag)"
        )


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Generator[Local]:
    folder = tmp_path_factory.mktemp("airflow")
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
        assert process.wait(60) == 0
        assert process.stderr is not None
        process.stderr.close()


def _wait_up(process: subprocess.Popen[bytes]) -> None:
    assert process.stderr is not None
    said: list[bytes] = []
    for line in process.stderr:
        said.append(line)
        if UP in line:
            return
    raise AssertionError(b"".join(said).decode())


@pytest.fixture
async def airflow(local: Local, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Local]:
    """The server's settings point at it."""
    monkeypatch.setenv("SEEDBED_AIRFLOW_URL", local.url)
    monkeypatch.setenv("SEEDBED_AIRFLOW_SECRET_FILE", str(local.secret))
    monkeypatch.setenv(
        "SEEDBED_AIRFLOW_ROLES", '{"data-platform": "user", "ads-engineering": "user", "platform": "op"}'
    )
    monkeypatch.setenv("SEEDBED_AIRFLOW_CHANGES", '{"platform": ["*"]}')
    shared.cache_clear()
    yield local
    if shared.cache_info().currsize:
        _, api, _ = shared()
        await api.close()
    shared.cache_clear()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path, server)
