"""Engines to work on, and what they remember of the queries that they ran."""

import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from platform_core.approval.desk import Desk
from platform_core.testing import desk_in
from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster
from servers.presto.server import server
from servers.presto.session import Session
from servers.presto.settings import PrestoSettings
from servers.presto.shared import Shared, shared
from tests.deploy.local.coordinator.running import running_coordinator, shared_data
from tests.servers.presto.lab.install import NoTrino
from tests.servers.presto.lab.trino import Trino, at_hand
from tests.servers.presto.opened import ClusterAt, SessionAt
from tests.servers.presto.scripted import Coordinator

BOUND = 60.0
"""Seconds that a test waits for something before it gives up."""


class Remembered(NamedTuple):
    """A query in the engine's history."""

    query_id: str
    user: str
    source: str
    state: str
    error: str | None
    text: str

    @property
    def runs(self) -> bool:
        """It is the statement itself, not the estimate that was asked for before."""
        return not self.text.startswith("EXPLAIN")


@dataclass(frozen=True)
class History:
    """The engine's own record of queries, read as somebody who asks nothing else."""

    url: str

    def of(self, text: str) -> list[Remembered]:
        """Every query whose text holds `text`, oldest first."""
        rows = self.read(
            'SELECT query_id, "user", source, state, error_code, query FROM system.runtime.queries ORDER BY created'
        )
        return [query for query in map(Remembered._make, rows) if text in query.text]

    def until(self, text: str, *states: str) -> list[Remembered]:
        """The same, as soon as the last of them that was run, not explained, is in one of `states`."""
        end = time.monotonic() + BOUND
        while [query.state in states for query in self.of(text) if query.runs][-1:] != [True]:
            assert time.monotonic() < end, f"not {states} within {BOUND} s: {self.of(text)}"
            time.sleep(0.02)
        return self.of(text)

    def read(self, sql: str) -> list[list[Any]]:
        who = {"X-Trino-User": "admin"}
        page = requests.post(f"{self.url}/v1/statement", sql, headers=who, timeout=BOUND).json()
        rows: list[list[Any]] = page.get("data") or []
        while "nextUri" in page:
            page = requests.get(page["nextUri"], timeout=BOUND).json()
            rows += page.get("data") or []
        assert "error" not in page, page["error"]
        return rows


REAL = [pytest.mark.real, pytest.mark.trino]


@pytest.fixture(scope="session", params=["embedded", pytest.param("trino", marks=REAL)])
def engine_url(request: pytest.FixtureRequest) -> str:
    """An engine with TPC-H data at the smallest scale: the embedded coordinator, and a real Trino."""
    if request.param == "trino":
        trino: Trino = request.getfixturevalue("trino")
        return trino.http
    return request.getfixturevalue("coordinator_url")


@pytest.fixture(scope="session")
def trino(tmp_path_factory: pytest.TempPathFactory) -> Generator[Trino]:
    """The Trino that `make trino` started, or one of our own."""
    with ExitStack() as ours:
        try:
            trino = ours.enter_context(at_hand(tmp_path_factory.mktemp("trino")))
        except NoTrino as error:
            pytest.skip(str(error))
        yield trino


@pytest.fixture(scope="session")
def coordinator_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The embedded coordinator as a process of its own."""
    with running_coordinator(shared_data(tmp_path_factory)) as engine:
        yield engine.url


@pytest.fixture
async def history(engine_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncGenerator[History]:
    """The server under test works on the engine; this is the engine's memory of it."""
    monkeypatch.setenv("SEEDBED_PRESTO_ENGINE_URL", engine_url)
    monkeypatch.setenv("SEEDBED_PRESTO_STATE", str(tmp_path))
    shared.cache_clear()
    yield History(engine_url)
    await shared().close()
    shared.cache_clear()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where people are asked."""
    return desk_in(tmp_path / "desk", server)


@pytest.fixture
async def cluster_at(tmp_path: Path) -> AsyncGenerator[ClusterAt]:
    """Make a connection to a coordinator that follows a script."""
    async with AsyncExitStack() as opened:

        def make(served: Coordinator, **settings: Any) -> Cluster:
            cluster = Cluster(PrestoSettings.load(engine_url=served.url, state=tmp_path, **settings))
            opened.push_async_callback(cluster.close)
            return cluster

        yield make


@pytest.fixture
async def session_at(tmp_path: Path) -> AsyncGenerator[SessionAt]:
    """Make a session of ana's at such a coordinator."""
    async with AsyncExitStack() as opened:

        def make(served: Coordinator, who: str = "ana", **settings: Any) -> Session:
            shared = Shared.of(PrestoSettings.load(engine_url=served.url, state=tmp_path, **settings))
            opened.push_async_callback(shared.close)
            return Session(shared, Asker(person=who))

        yield make
