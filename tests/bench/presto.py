"""`make bench ONLY=presto`: our call beside the same statements by the `trino` package, memory, tokens, crowding."""

import csv
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import anyio
import trino

from platform_core.testing import PEOPLE, connect_as, desk_in
from servers.presto.engine.cost import CHECK
from servers.presto.server import server
from servers.presto.shared import shared
from tests.bench import presto_tokens
from tests.bench.presto_tokens import LINES
from tests.bench.rows import Row
from tests.bench.serving import serving
from tests.deploy.local.coordinator.running import running_coordinator
from tests.servers.presto.lab.install import NoTrino
from tests.servers.presto.lab.trino import at_hand

ROUNDS = 11
LONG = """
SELECT a.returnflag, count(*), sum(a.extendedprice * (1 - a.discount)) FROM tpch.tiny.lineitem a
CROSS JOIN tpch.tiny.nation b GROUP BY a.returnflag ORDER BY 1"""
MANY = "SELECT a.*, b.regionkey AS r FROM tpch.tiny.lineitem a CROSS JOIN tpch.tiny.nation b CROSS JOIN (VALUES 1, 2) c"
BUSY, SHORT = 100, "SELECT name FROM tpch.tiny.region ORDER BY name"
Call = Callable[..., Coroutine[Any, Any, Any]]
EVERYBODY = replace(PEOPLE["ana"].calling_from(), business_groups=frozenset({"ads", "data-platform"}))


def run() -> list[Row]:
    """Measure on a real Trino where there can be one, else on the embedded coordinator; the crowd on an engine that
    takes no time."""
    with tempfile.TemporaryDirectory(prefix="sb-bp-") as folder:
        with _engine(Path(folder)) as (url, name):
            rows = anyio.run(_on_the_engine, Path(folder), url, name)
        with serving("tests.bench.waiting") as waiting:
            rows.append(anyio.run(_in_a_crowd, Path(folder), f"http://127.0.0.1:{waiting.port}"))
    load = Row(part="presto", work="load average of this machine meanwhile", ours=os.getloadavg()[1], unit="processes")
    return [*rows, load]


async def _on_the_engine(folder: Path, url: str, name: str) -> list[Row]:
    async with _calling(folder, url) as (call, tools):
        rows = [*await _beside_the_driver(call, url, name, LONG), *await _large(call, name)]
        lines = await call(LINES)
    return [*rows, *presto_tokens.run(lines.content[0].text, _plain_csv(url), tools)]


@asynccontextmanager
async def _calling(folder: Path, url: str) -> AsyncGenerator[tuple[Call, list[Any]]]:
    """`run_query` through the real client and all of the platform, and the list of tools."""
    own = {"ENGINE_URL": url, "STATE": str(folder), "MOST_QUERIES": "100", "ASK_ABOVE_BYTES": str(1 << 60)}
    os.environ |= {f"SEEDBED_PRESTO_{setting}": value for setting, value in own.items()}
    shared.cache_clear()
    async with connect_as(server, EVERYBODY, desk=desk_in(folder / "desk", server)) as client:

        async def call(sql: str, **more: Any) -> Any:
            answer = await client.call_tool("run_query", {"sql": sql, **more})
            assert not answer.is_error, answer
            return answer

        yield call, (await client.list_tools()).tools
    await shared().close()


async def _beside_the_driver(call: Call, url: str, name: str, sql: str) -> list[Row]:
    """The same two statements, taken in turns, now ours first and now theirs: a busy machine is busy for both, and an
    engine that gets faster with use does so for both."""
    connection = _connected(url)
    ours, theirs, explained = list[float](), list[float](), list[float]()
    for turn in range(ROUNDS + 1):
        if turn % 2:
            ours.append(await _timed(lambda: call(sql)))
        explained.append(_asked(connection, f"{CHECK}\n{sql}"))
        theirs.append(explained[-1] + _asked(connection, sql))
        if not turn % 2:
            ours.append(await _timed(lambda: call(sql)))
    connection.close()
    ratios = [a / b for a, b in zip(ours[1:], theirs[1:], strict=True)]
    middle = statistics.median(ratios)
    work = f"EXPLAIN and a long query, run_query beside the trino package, {name}"
    return [
        Row(part="presto", work=work, ours=statistics.median(ours[1:]) * 1000, unit="ms", ratio=middle, bar=1.05,
            baseline=statistics.median(theirs[1:]) * 1000, low=min(ratios), high=max(ratios)),
        Row(part="presto", work="its EXPLAIN, at the engine", unit="ms", ours=statistics.median(explained) * 1000),
    ]  # fmt: skip


def _plain_csv(url: str) -> str:
    """The rows of `LINES` as Python writes what the `trino` package reads."""
    with closing(_connected(url)) as connection, StringIO() as text:
        cursor = connection.cursor()
        rows = cursor.execute(LINES).fetchall()
        csv.writer(text, lineterminator="\n").writerows([[column[0] for column in cursor.description], *rows])
        return text.getvalue()


async def _large(call: Call, name: str) -> list[Row]:
    """A result of three million rows: what comes back, how fast, and what it costs in memory."""
    await call(SHORT)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    answer = await call(MANY, max_rows=1000)
    seconds = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    size = len(json.dumps(answer.structured_content)) + len(answer.content[0].text)
    return [
        Row(part="presto", work=f"3 million rows: until the answer, {name}", ours=seconds * 1000, unit="ms"),
        Row(part="presto", work="its answer, text and fields", ours=size / 1024, baseline=64, unit="KiB",
            ratio=size / 1024 / 64, bar=1.0),
        Row(part="presto", work="what the process grew by", ours=grown, baseline=20, unit="MB",
            ratio=grown / 20, bar=1.0),
    ]  # fmt: skip


async def _in_a_crowd(folder: Path, url: str) -> Row:
    """A short query alone, and beside a hundred that wait: all of the time is ours."""
    async with _calling(folder, url) as (call, _):
        alone = crowded = await _short(call)
        async with anyio.create_task_group() as group:
            for number in range(BUSY - 1):
                group.start_soon(_one_of_many, call, f"SELECT {number} AS endless")
                await anyio.sleep(0.05)  # a crowd comes one by one: how many can connect at once is not the question
            await anyio.sleep(2)
            crowded = await _short(call)
            group.cancel_scope.cancel()
    work = f"a short query beside {BUSY - 1} long ones, our share"
    return Row(part="presto", work=work, ours=crowded, baseline=alone, unit="ms", ratio=crowded / alone, bar=2.0)


async def _one_of_many(call: Call, sql: str) -> None:
    """A query that does not end; on a machine that has too much to do it may need to be sent again."""
    while True:
        with suppress(AssertionError):
            await call(sql)
            return


async def _short(call: Call) -> float:
    times = [await _timed(lambda: call(SHORT)) for _ in range(4 * ROUNDS)]
    return statistics.median(times) * 1000


async def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _connected(url: str) -> Any:
    host, port = url.removeprefix("http://").split(":")
    return trino.dbapi.connect(host=host, port=int(port), user="ana")  # pyright: ignore[reportUnknownMemberType]


def _asked(connection: Any, sql: str) -> float:
    began = time.perf_counter()
    cursor = connection.cursor()
    cursor.execute(sql)
    cursor.fetchall()
    return time.perf_counter() - began


@contextmanager
def _engine(folder: Path) -> Generator[tuple[str, str]]:
    """Its address and its name."""
    with ExitStack() as ours:
        try:
            engine = ours.enter_context(at_hand(folder / "trino")).http, "Trino 476"
        except NoTrino:
            engine = ours.enter_context(running_coordinator(folder / "data")).url, "embedded"
        yield engine
