"""`make bench ONLY=airflow`: a long log with its error in line 3, requests, tokens; the real Airflow as a reading."""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client

from platform_core.errors import WiringError
from platform_core.testing import connect_as, desk_in
from platform_core.testing.standard.code import CHARACTERS_PER_TOKEN
from servers.airflow.server import server
from servers.airflow.session import shared
from tests.bench.rows import Row
from tests.servers.airflow.itself import Local, started
from tests.servers.airflow.standin import stand_in
from tests.servers.airflow.visits import call, until

REPEATS = 2_000_000
MOST_TOKENS, MOST_MB, MOST_LISTED = 2_000, 20, 2_500
MOST_REQUESTS, MOST_PAGES = 8, 5
ROUNDS = 3
HEAD = [
    b'{"timestamp":"2026-11-22T23:15:00Z","event":"starting","level":"info"}',
    b'{"timestamp":"2026-11-22T23:15:00Z","event":"reading orders","level":"info"}',
    b'{"timestamp":"2026-11-22T23:15:01Z","event":"Task failed with exception","level":"error","error_detail":'
    b'[{"exc_type":"ValueError","exc_value":"no customers","frames":[{"filename":"a.py","lineno":9,"name":"f"}]}]}',
]
ERROR = "Task failed with exception\n  ValueError: no customers"
_MEASURE = """
import asyncio, resource, sys
from pathlib import Path
import httpx2
from servers.airflow import extract
from servers.airflow.lines import entries
from tests.servers.spark.logs import memory

class Streamed:
    headers = {"content-type": "application/x-ndjson"}
    async def aiter_bytes(self):
        with open(sys.argv[1], "rb") as log:
            while chunk := log.read(1 << 16):
                yield chunk

idle, before = memory("VmRSS"), resource.getrusage(resource.RUSAGE_SELF)
text = extract.told(asyncio.run(extract.errors(entries(Streamed(), 1 << 30))))
use = resource.getrusage(resource.RUSAGE_SELF)
print(use.ru_utime + use.ru_stime - before.ru_utime - before.ru_stime, memory("VmHWM") - idle)
print(text)
"""


def run() -> list[Row]:
    """Measure and return the rows."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as folder:
        log = Path(folder, "attempt=1.log")
        write(log)
        token = Path(folder, "token")
        token.write_text("of the service account")
        return [*_reading(log), *asyncio.run(_asking(token)), *_through_airflow(log)]


def write(log: Path) -> None:
    """A log whose error stands in line 3, and whose other lines differ by a number: Airflow drops those that do not."""
    with log.open("wb") as file:
        file.write(b"\n".join(HEAD) + b"\n")
        file.writelines(b'{"event":"retry %d","level":"warning"}\n' % number for number in range(REPEATS))


def _reading(log: Path) -> Iterator[Row]:
    size = log.stat().st_size / 1e6
    ours = [_measured(log) for _ in range(ROUNDS)]
    (cpu, memory, text) = min(ours)
    assert f"line 3: {ERROR}" in text, text
    grep = min(_cpu_of(["grep", "-c", '"level":"error"', str(log)]) for _ in range(ROUNDS))
    tokens = len(text) / 3  # a token has more than three characters even of traces
    yield _row(f"errors of {size:.0f} MB, {REPEATS:,} repeats (3 characters each)", tokens, MOST_TOKENS, "tokens", 1.0)
    yield _row("memory of reading it, above idle", memory, MOST_MB, "MB", 1.0)
    yield _row("CPU a MB, beside grep's", cpu / size * 1e3, grep / size * 1e3, "ms/MB", None)


def _measured(log: Path) -> tuple[float, float, str]:
    """CPU seconds, MB of memory above idle, the answer; in a process of its own."""
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(log)], capture_output=True, text=True, check=True)
    figures, _, text = done.stdout.partition("\n")
    cpu, memory = map(float, figures.split())
    return cpu, memory, text


def _cpu_of(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def _asking(token: Path) -> list[Row]:
    """Five hundred DAGs, and the list of the tools."""
    with stand_in() as airflow:
        known = [{"dag_id": f"orders_{number}"} for number in range(500)]
        pages = [known[start : start + 100] for start in range(0, 500, 100)]
        airflow.says("dags", *((200, {"dags": page, "total_entries": 500}) for page in pages))
        airflow.says("dags/~/dagRuns/list", (200, {"dag_runs": []}))
        async with _visit({"URL": airflow.url, "TOKEN_FILE": str(token)}) as visit:
            began = time.perf_counter()
            await call(visit, "find_dags")
            took = (time.perf_counter() - began) * 1e3
            tools = (await visit.list_tools()).tools
    listed = sum(len(tool.model_dump_json(by_alias=True, exclude_none=True)) for tool in tools) / CHARACTERS_PER_TOKEN
    return [
        _row("500 DAGs are listed", len(airflow.asked), MOST_PAGES, "requests", 1.0),
        Row(part="airflow", work="500 DAGs are listed, by a stand-in", ours=took, unit="ms"),
        _row("the list of all eight tools (4 characters each)", listed, MOST_LISTED, "tokens", 1.0),
    ]


def _through_airflow(log: Path) -> list[Row]:
    try:
        with started() as local:
            return asyncio.run(_through(local, log.read_bytes()))
    except (AssertionError, WiringError) as error:
        print(f"    airflow: no Airflow here ({error}), its rows are left out", file=sys.stderr)
        return []


async def _through(local: Local, log: bytes) -> list[Row]:
    async with _visit({"URL": local.url, "SECRET_FILE": str(local.secret)}) as visit:

        async def ask() -> dict[str, Any]:
            return (await call(visit, "diagnose_run", dag_id="flaky_export", run_id="teaching"))[1]

        await until(ask, state="failed")
        _, api, _ = shared()
        before, began = api.requests, time.perf_counter()
        await ask()
        took, requests = (time.perf_counter() - began) * 1e3, api.requests - before
        [place] = local.state.glob("logs/dag_id=flaky_export/run_id=teaching/task_id=collect/attempt=1.log")
        place.write_bytes(log)
        began = time.perf_counter()
        text, _ = await call(visit, "get_task_log", dag_id="flaky_export", run_id="teaching", task_id="collect")
        whole = time.perf_counter() - began
    assert ERROR in text, text
    return [
        _row("a failed run is diagnosed", requests, MOST_REQUESTS, "requests", 1.0),
        Row(part="airflow", work="a failed run is diagnosed, by the real Airflow", ours=took, unit="ms"),
        Row(part="airflow", work="the same log, whole through the real Airflow", ours=whole, unit="s"),
        Row(part="airflow", work="load of the machine meanwhile", ours=os.getloadavg()[1], unit="processes"),
    ]


@asynccontextmanager
async def _visit(settings: dict[str, str]) -> AsyncGenerator[Client]:
    """ana's client, of a server with these settings."""
    names = {f"SEEDBED_AIRFLOW_{name}": value for name, value in {"SECONDS": "120", **settings}.items()}
    os.environ |= names
    shared.cache_clear()
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with connect_as(server, "ana", desk=desk_in(Path(folder), server)) as visit:
                yield visit
                await shared()[1].close()
    finally:
        for name in names:
            del os.environ[name]
        shared.cache_clear()


def _row(work: str, ours: float, baseline: float, unit: str, bar: float | None) -> Row:
    return Row(part="airflow", work=work, ours=ours, baseline=baseline, unit=unit, ratio=ours / baseline, bar=bar)
