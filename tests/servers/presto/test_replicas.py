"""Two processes of the server with one memory: what one opened the other reads and ends, also when the one is gone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.bench import tokens
from tests.gateway.programs import eventually, free_port
from tests.servers.presto.scripted import Coordinator, Reply, coordinator
from tests.servers.presto.test_session import VALID, rows
from tests.servers.presto.visits import Era, call, outcome

pytestmark = [pytest.mark.anyio, pytest.mark.real]
BOUND = 60.0
LAST: dict[str, None] = {"nextUri": None}


@dataclass(frozen=True, kw_only=True)
class Replica:
    """A process of the server that people reach over TCP with a token."""

    process: subprocess.Popen[bytes]
    port: int
    token: str

    @asynccontextmanager
    async def connect(self, era: Era = "auto") -> AsyncGenerator[Client]:
        headers = {"Authorization": f"Bearer {self.token}", "X-Forwarded-User": "ana"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=BOUND, trust_env=False) as http,
            Client(streamable_http_client(f"http://127.0.0.1:{self.port}/mcp", http_client=http), mode=era) as client,
        ):
            yield client


@contextmanager
def replica(engine: Coordinator, folder: Path, token: str, state: Path) -> Generator[Replica]:
    port = free_port()
    settings = {"ENGINE_URL": engine.url, "STATE": str(state), "HANDLE_SECONDS": "0.2", "MOST_QUERIES": "100"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.presto_served", str(port), str(folder)],
        env=os.environ | {f"SEEDBED_PRESTO_{name}": value for name, value in settings.items()},
    )
    try:
        eventually(lambda: _listens(port), "the server answers")
        yield Replica(process=process, port=port, token=token)
    finally:
        process.kill()
        process.wait(BOUND)


async def test_a_query_survives_the_replica_that_made_it(tmp_path: Path) -> None:
    late = threading.Event()
    script = [
        *(reply for name in ("auto", "legacy") for reply in (*_paged(f"{name}1", late), *_endless(f"{name}2", late))),
        *_paged("last", late),
    ]
    with coordinator(*script) as engine, _two(engine, tmp_path) as (one, other):
        for era in ("auto", "legacy"):
            async with one.connect(era) as here, other.connect(era) as there:
                assert await _opened(here, late) == f"{era}1"
                _, first = await call(there, "get_query", query_id=f"{era}1")
                _, rest = await call(there, "get_query", query_id=f"{era}1")
                assert (first["rows"], rest["rows"], rest["truncated"]) == (["1", "2"], ["3", "4"], False)

                assert await _opened(there, late) == f"{era}2"
                text, _ = await call(here, "cancel_query", query_id=f"{era}2")
                assert "cancelled" in text
                assert engine.methods().count("DELETE") == (1 if era == "auto" else 2)
                _, gone, error = await outcome(there, "get_query", query_id=f"{era}2")
                assert (error, gone["code"]) == (True, "not_found")

        async with one.connect() as here:
            assert await _opened(here, late) == "last"
        one.process.send_signal(signal.SIGKILL)
        one.process.wait(BOUND)
        async with other.connect() as there:
            _, answer = await call(there, "get_query", query_id="last")
        assert answer["rows"] == ["1", "2"]


@contextmanager
def _two(engine: Coordinator, folder: Path) -> Generator[tuple[Replica, Replica]]:
    one, other, state = (folder / name for name in ("one", "other", "state"))
    one.mkdir()
    token = tokens.make(one)
    shutil.copytree(one, other)
    with replica(engine, one, token, state) as first, replica(engine, other, token, state) as second:
        yield first, second


async def _opened(client: Client, late: threading.Event) -> str:
    """Run a query that is not ended when its call is; then it has rows."""
    late.clear()
    _, answer = await call(client, "run_query", sql="SELECT n FROM t", max_rows=2)
    assert answer["status"] == "running"
    late.set()
    return answer["query_id"]


def _paged(name: str, late: threading.Event) -> list[Reply]:
    return [VALID, Reply(fields={"id": name}), _late(name, late, 1, 2, 3), rows(4, id=name, **LAST)]


def _endless(name: str, late: threading.Event) -> list[Reply]:
    return [VALID, Reply(fields={"id": name}), _late(name, late, 1)]


def _late(name: str, late: threading.Event, *values: int) -> Reply:
    return replace(rows(*values, id=name), after=late)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
