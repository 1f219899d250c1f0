"""`make bench ONLY=presto`: our call beside the same statements by the `trino` package, memory, tokens, crowding."""

import csv
import json
import math
import os
import resource
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from statistics import median
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

WARM, PAIRS = 4, 30
LONG = """
SELECT a.returnflag, count(*), sum(a.extendedprice * (1 - a.discount)) FROM tpch.tiny.lineitem a
CROSS JOIN tpch.tiny.nation b CROSS JOIN (VALUES 1, 2, 3, 4) c GROUP BY a.returnflag ORDER BY 1"""
"""It takes an engine more than half a second."""
MANY = "SELECT a.*, b.regionkey AS r FROM tpch.tiny.lineitem a CROSS JOIN tpch.tiny.nation b CROSS JOIN (VALUES 1, 2) c"
BUSY, SHORT = 100, "SELECT name FROM tpch.tiny.region ORDER BY name"
CROWDS, SHORTS = 5, 40
Call = Callable[..., Coroutine[Any, Any, Any]]
EVERYBODY = replace(PEOPLE["ana"].calling_from(), business_groups=frozenset({"ads", "data-platform"}))


def run() -> list[Row]:
    """Measure on a real Trino where there can be one, else on the embedded coordinator; the crowd on an engine that
    takes no time."""
    with tempfile.TemporaryDirectory(prefix="sb-bp-") as folder:
        with _engine(Path(folder)) as (url, name):
            rows = anyio.run(_on_the_engine, Path(folder), url, name)
        with serving("tests.bench.waiting") as waiting:
            rows += anyio.run(_in_a_crowd, Path(folder), f"http://127.0.0.1:{waiting.port}")
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
    """The same two statements in pairs, ours first and theirs first in turns (A B, B A): what the machine does beside
    hits both, and what the engine learns helps both. The engine's own clock is told beside, since most of it is its."""
    connection = _connected(url)
    explained, explained_there = list[float](), list[float]()
    pairs = list[tuple[tuple[float, float], tuple[float, float]]]()

    async def by_us() -> tuple[float, float]:
        began = time.perf_counter()
        answer = await call(sql)
        return (time.perf_counter() - began) * 1000, answer.structured_content["elapsed_ms"]

    async def by_the_driver() -> tuple[float, float]:
        began = time.perf_counter()
        explained_there.append(_asked(connection, f"{CHECK}\n{sql}"))
        explained.append((time.perf_counter() - began) * 1000)
        elapsed = _asked(connection, sql)
        return (time.perf_counter() - began) * 1000, elapsed

    for turn in range(WARM + PAIRS):
        if turn % 2:
            one, other = await by_us(), await by_the_driver()
        else:
            other, one = await by_the_driver(), await by_us()
        pairs.append((one, other))
    connection.close()
    (ours, ours_there, ours_rest), (theirs, theirs_there, theirs_rest) = (
        [median(column) for column in zip(*((wall, there, wall - there) for wall, there in each), strict=True)]
        for each in zip(*pairs[WARM:], strict=True)
    )
    middle, low, high = _middle([one / other for (one, _), (other, _) in pairs[WARM:]])
    return [
        Row(part="presto", work=f"run_query beside EXPLAIN and query by the trino package, {name}", unit="ms",
            ours=ours, baseline=theirs, ratio=middle, low=low, high=high, bar=1.05),
        Row(part="presto", work="of that the query, by the engine's clock", unit="ms", ours=ours_there,
            baseline=theirs_there),
        Row(part="presto", work="and the rest: EXPLAIN, ways, our own work", unit="ms", ours=ours_rest,
            baseline=theirs_rest, ratio=ours_rest / theirs_rest),
        Row(part="presto", work="an EXPLAIN alone; by the engine's clock", unit="ms",
            ours=median(explained[WARM:]), baseline=median(explained_there[WARM:])),
    ]  # fmt: skip


def _middle(numbers: Sequence[float]) -> tuple[float, float, float]:
    """The median, and between which it would be 19 times out of 20."""
    ordered, count = sorted(numbers), len(numbers)
    off = 0.98 * math.sqrt(count)
    low, high = math.floor(count / 2 - off), math.ceil(count / 2 + off)
    return median(ordered), ordered[max(low, 0)], ordered[min(high, count - 1)]


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


async def _in_a_crowd(folder: Path, url: str) -> list[Row]:
    """A short query alone, and beside a hundred that wait, several times: all of the time is ours."""
    async with _calling(folder, url) as (call, _):
        await _short(call)
        rounds = [(await _short(call), await _crowded(call)) for _ in range(CROWDS)]
    alone = [wall for (wall, _), _ in rounds]
    beside = [wall for _, (wall, _, _) in rounds]
    ratios = [b / a for a, b in zip(alone, beside, strict=True)]
    return [
        Row(part="presto", work=f"a short query beside {BUSY - 1} long ones, our share", ours=median(beside),
            baseline=median(alone), unit="ms", ratio=median(ratios), low=min(ratios), high=max(ratios), bar=2.0),
        Row(part="presto", work="the processor's time that it takes", ours=median([cpu for _, (_, cpu, _) in rounds]),
            baseline=median([cpu for (_, cpu), _ in rounds]), unit="ms"),
        Row(part="presto", work="what the long ones take of a core", unit="%",
            ours=median([share for _, (_, _, share) in rounds]) * 100),
    ]  # fmt: skip


async def _crowded(call: Call) -> tuple[float, float, float]:
    """Time and processor's time of a short query in a crowd, and the crowd's own share of a core."""
    wall = used = share = 0.0
    async with anyio.create_task_group() as crowd:
        for number in range(BUSY - 1):
            crowd.start_soon(_one_of_many, call, f"SELECT {number} AS endless")
            await anyio.sleep(0.03)  # a crowd comes one by one: how many can connect at once is not the question
        await anyio.sleep(2)
        began, used = time.perf_counter(), time.process_time()
        await anyio.sleep(3)
        share = (time.process_time() - used) / (time.perf_counter() - began)
        began = time.perf_counter()
        wall, used = await _short(call)
        used -= share * (time.perf_counter() - began) / SHORTS * 1000
        crowd.cancel_scope.cancel()
    return wall, used, share


async def _one_of_many(call: Call, sql: str) -> None:
    """A query that does not end; on a machine that has too much to do it may need to be sent again."""
    while True:
        with suppress(AssertionError):
            await call(sql)
            return


async def _short(call: Call) -> tuple[float, float]:
    """Milliseconds of a short query, and the processor's."""
    used = time.process_time()
    times = [await _timed(lambda: call(SHORT)) for _ in range(SHORTS)]
    return median(times) * 1000, (time.process_time() - used) / SHORTS * 1000


async def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _connected(url: str) -> Any:
    host, port = url.removeprefix("http://").split(":")
    return trino.dbapi.connect(host=host, port=int(port), user="ana")  # pyright: ignore[reportUnknownMemberType]


def _asked(connection: Any, sql: str) -> float:
    """Read all of it; the milliseconds that it took by the engine's clock."""
    cursor = connection.cursor()
    cursor.execute(sql)
    cursor.fetchall()
    return cursor.stats["elapsedTimeMillis"]


@contextmanager
def _engine(folder: Path) -> Generator[tuple[str, str]]:
    """Its address and its name."""
    with ExitStack() as ours:
        try:
            engine = ours.enter_context(at_hand(folder / "trino")).http, "Trino 476"
        except NoTrino:
            engine = ours.enter_context(running_coordinator(folder / "data")).url, "embedded"
        yield engine
