"""`make bench ONLY=spark`: a log of 500 MB beside the History Server's first answer on it; memory, growth, listing."""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import zstandard

from servers.spark import applications as reading
from servers.spark.applications import Applications
from servers.spark.listing import Asked, page
from servers.spark.settings import SparkSettings
from tests.bench.rows import Row
from tests.servers.spark.lab.daemons import history_server
from tests.servers.spark.logs import plain, sample

ROUNDS = 5
BIG_MB, HUGE_MB, SMALL_MB = 500, 2_000, 5
LISTED = 10_000
MOST_MB = 64
FLAT = 1.25
"""Of CPU a MB: what one pass costs at the start of a process weighs on 5 MB and not on 2 GB, so less is flat too."""
Summary = tuple[float, float, float, float]
_MEASURE = """
import resource, sys, time
from pathlib import Path
from tests.servers.spark.logs import memory, only
import servers.spark.digesting

idle, before, at = memory("VmRSS"), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
digest = only(Path(sys.argv[1]), most_bytes=1 << 40)
wall, use = time.perf_counter() - at, resource.getrusage(resource.RUSAGE_SELF)
cpu = use.ru_utime + use.ru_stime - before.ru_utime - before.ru_stime
print(wall, cpu, memory("VmHWM") - idle, digest.bytes / 1e6)
"""


def run() -> list[Row]:
    """Measure and return the rows."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as folder:
        return [*_reading(Path(folder)), *_asking(Path(folder))]


def _reading(folder: Path) -> list[Row]:
    huge, small = grown(folder / "huge", HUGE_MB), grown(folder / "small", SMALL_MB)
    (_, small_cpu, _, small_mb), (_, large_cpu, _, large_mb) = _middle(small), _middle(huge)
    shutil.rmtree(huge)
    big = grown(folder / "big", BIG_MB)
    packed, ours, theirs = _zstd(big, folder / "zstd"), list[Summary](), list[tuple[float, float]]()
    by_zstd = list[Summary]()
    for _ in range(ROUNDS):  # in turns, so that a busy machine is busy for all
        ours.append(_summary(big))
        by_zstd.append(_summary(packed))
        theirs += _first_stages(folder, big)
    wall, cpu, memory, size = _medians(ours)
    return [
        *_beside_history(theirs, wall, cpu),
        _row(f"memory of reading {size:.0f} MB, above idle", memory, MOST_MB, "MB", 1.0),
        _row(f"the same as zstd, beside plain ({size:.0f} MB)", _medians(by_zstd)[0], wall, "s", 1.5),
        _row("CPU a MB at 2 GB, beside 5 MB", large_cpu / large_mb * 1e3, small_cpu / small_mb * 1e3, "ms/MB", FLAT),
        Row(part="spark", work="load of the machine meanwhile", ours=os.getloadavg()[1], unit="processes"),
        Row(part="spark", work="reading speed", ours=size / cpu, unit="MB/CPU s"),
    ]


def _beside_history(theirs: list[tuple[float, float]], wall: float, cpu: float) -> list[Row]:
    if not theirs:
        return []
    walls, cpus = _medians(theirs)
    name = "a summary, beside the History Server's first /stages"
    return [_row(f"{name}: wall", wall, walls, "s", 0.20), _row(f"{name}: CPU", cpu, cpus, "s", 0.125)]


def _first_stages(folder: Path, events: Path) -> list[tuple[float, float]]:
    """Wall and CPU seconds of a History Server that starts afresh; none where there can be no Spark."""
    print("    spark: a History Server reads", file=sys.stderr, flush=True)
    try:
        with history_server(events, folder / "history.log") as server:
            until = time.monotonic() + 120
            while not (listed := server.get("/api/v1/applications")) and time.monotonic() < until:
                time.sleep(0.2)
            before, began = server.cpu_seconds, time.perf_counter()
            server.get(f"/api/v1/applications/{listed[0]['id']}/stages")
            return [(time.perf_counter() - began, server.cpu_seconds - before)]
    except (OSError, subprocess.CalledProcessError, RuntimeError) as error:
        print(f"    spark: no History Server here ({error}), its rows are left out", file=sys.stderr)
        return []


def grown(folder: Path, megabytes: int) -> Path:
    """A log of that size: a real one of thousands of tasks, its stages again and again under other ids."""
    lines = plain("tiny_tasks").splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if b'"SparkListenerJobStart"' in line)
    last = next(i for i, line in enumerate(lines) if b'"SparkListenerApplicationEnd"' in line)
    body = b"".join(line for line in lines[first:last] if b"sql.execution.ui" not in line)
    folder.mkdir()
    with (folder / sample("tiny_tasks").app_id).open("wb") as log:
        log.writelines(lines[:first])
        for copy in range(max(1, round(megabytes * 1e6 / len(body)))):
            log.write(_renumbered(body, copy)[: round(megabytes * 1e6)].rpartition(b"\n")[0] + b"\n")
        log.writelines(lines[last:])
    return folder


def _renumbered(body: bytes, copy: int) -> bytes:
    for key, more in ((b"Stage ID", 2), (b"Job ID", 1)):
        for id in range(more):
            body = body.replace(b'"%b":%d,' % (key, id), b'"%b":@%d,' % (key, id + copy * more))
    body = body.replace(b'"Stage IDs":[0,1]', b'"Stage IDs":[%d,%d]' % (2 * copy, 2 * copy + 1))
    body = body.replace(b'"Parent IDs":[0],"Details"', b'"Parent IDs":[%d],"Details"' % (2 * copy))
    return body.replace(b":@", b":").replace(b'"Task ID":', b'"Task ID":%d' % (copy + 1))


def _zstd(folder: Path, target: Path) -> Path:
    target.mkdir()
    [file] = folder.iterdir()
    with file.open("rb") as plain_log, (target / f"{file.name}.zstd").open("wb") as packed:
        zstandard.ZstdCompressor(level=1).copy_stream(plain_log, packed)
    return target


def _middle(folder: Path) -> tuple[float, ...]:
    return _medians([_summary(folder) for _ in range(3)])


def _medians(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(statistics.median(column) for column in zip(*rows, strict=True))


def _summary(folder: Path) -> Summary:
    """Wall and CPU seconds, MB of memory above idle, MB read; in a process of its own."""
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(folder)], capture_output=True, text=True, check=True)
    wall, cpu, memory, size = map(float, done.stdout.split())
    return wall, cpu, memory, size


def _asking(folder: Path) -> list[Row]:
    events = folder / "many"
    events.mkdir()
    head = b"".join(plain("healthy").splitlines(keepends=True)[:20])
    for number in range(LISTED):
        app_id = f"app-20261122182454-{number:05}"
        log = head.replace(sample("healthy").app_id.encode(), app_id.encode())
        (events / app_id).write_bytes(log)
    os.environ |= {"SEEDBED_SPARK_EVENT_LOGS": str(events), "SEEDBED_SPARK_STATE": str(folder / "state")}
    return asyncio.run(_asked(Applications(SparkSettings.load())))


async def _asked(applications: Applications) -> list[Row]:
    asked = Asked(text="00042", user="", status="", since="", until="")
    await page(applications, asked, 0)
    good, reading.LISTING_SECONDS = reading.LISTING_SECONDS, 0  # the folder is listed anew
    await page(applications, asked, 0)
    began = time.perf_counter()
    await page(applications, asked, 0)
    listing = time.perf_counter() - began
    reading.LISTING_SECONDS = good
    [found, *_] = await applications.all()
    await applications.digest(found)
    began = time.perf_counter()
    await applications.digest(await applications.find(found.attempt.app_id))
    again = (time.perf_counter() - began) * 1e3
    return [
        Row(part="spark", work=f"listing {LISTED} applications, warm", ours=listing, unit="s"),
        Row(part="spark", work="a repeated question on a finished application", ours=again, unit="ms"),
    ]


def _row(work: str, ours: float, baseline: float, unit: str, bar: float | None) -> Row:
    return Row(part="spark", work=work, ours=ours, baseline=baseline, unit=unit, ratio=ours / baseline, bar=bar)
