"""`make bench ONLY=registry`: 1,000 servers, 10,000 tools, a million records, and what people and programs wait for."""

import asyncio
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.load import Reading, drive
from tests.bench.registry_asked import Asked, Growing
from tests.bench.registry_served import Running, running
from tests.bench.rows import Row
from tests.bench.serving import serving
from tests.bench.shelves import add_records, stock
from tests.registry.issuer import Issuer
from tests.registry.stage import Signer

FEW, MANY = 10_000, 1_000_000
ROUNDS, SECONDS, TURNS = 5, 1.5, 11
ALONE, TOGETHER = 1, 50
LIMIT_MS = {ALONE: 50.0, TOGETHER: 150.0}
BATCHES_PER_SECOND = 5


def run() -> list[Row]:
    """Two registries live side by side, one with few records and one with many; bursts in turn hit them alike."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sb-b-", dir="/tmp")))
        issuer, signer = stack.enter_context(Issuer().serving()), Signer()
        databases = _databases(folder, signer)
        few, many = (stack.enter_context(running(file.parent, issuer, signer)) for file in databases)
        empty = str(folder / "empty.sock")
        bare = stack.enter_context(serving("tests.bench.empty", issuer.url, empty))
        asked = Asked(issuer)
        print(f"    registry: load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        rows = [row for what, sent in asked.latency.items() for row in _latency(what, sent, many)]
        nothing = Running(public=empty, platform=empty, pid=bare.pid)
        rows.append(_preflight("a token that it remembers", lambda: asked.preflight, many, nothing, bar=2.0))
        rows.append(_preflight("a token that it never saw", asked.fresh, many, nothing, bar=None))
        rows += [_growth(each, few, many) for each in asked.growing]
        return [*rows, *_intake(asked.latency["catalogue"], many)]


def _databases(folder: Path, signer: Signer) -> list[Path]:
    """Equal but for the records."""
    stocked = folder / "stocked.db"
    asyncio.run(stock(stocked, signer))
    made: list[Path] = []
    for number in (FEW, MANY):
        print(f"    registry: {number} records", file=sys.stderr, flush=True)
        made.append(folder / str(number) / "registry.db")
        made[-1].parent.mkdir()
        shutil.copy(stocked, made[-1])
        add_records(made[-1], number)
    return made


def _latency(what: str, sent: Sequence[bytes], many: Running) -> list[Row]:
    rows: list[Row] = []
    for callers in (ALONE, TOGETHER):
        _drive(many.public, sent, many.pid, len(sent))  # everybody once: what changes seldom is read by the first
        taken = [_drive(many.public, sent, many.pid, callers) for _ in range(ROUNDS)]
        for name, values in (("p50", [each.p50_ms for each in taken]), ("p95", [each.p95_ms for each in taken])):
            middle = statistics.median(values)
            bar = 1.0 if name == "p95" and "all 10,000" not in what else None
            work = f"{what}: {name} of {callers} at once"
            ratio = middle / LIMIT_MS[callers] if bar else None
            rows.append(Row(part="registry", work=work, ours=middle, unit="ms", ratio=ratio, bar=bar))
    return rows


def _drive(socket: str | tuple[str, int], sent: Sequence[bytes], pid: int, callers: int) -> Reading:
    return drive(socket, *sent, expect=b"", pids=[pid], callers=callers, seconds=SECONDS)


def _preflight(
    token: str, questions: Callable[[], Sequence[bytes]], ours: Running, bare: Running, *, bar: float | None
) -> Row:
    """In turn, as noise comes and goes; the first turn warms up."""
    pairs: list[tuple[float, float]] = []
    for _ in range(TURNS + 1):
        sent = questions()
        nothing = [request.replace(request.split(b" ", 2)[1], b"/", 1) for request in sent]
        pairs.append((_short(ours, sent, b'"allow"').cpu_us, _short(bare, nothing, b"ana").cpu_us))
    work = f"pre-flight by {token}; beside an empty FastAPI route that verifies it"
    return _beside(work, pairs[1:], bar=bar)


def _short(of: Running, sent: Sequence[bytes], expect: bytes) -> Reading:
    return drive(of.public, *sent, expect=expect, pids=[of.pid], callers=16, seconds=SECONDS / 3)


def _growth(asked: Growing, few: Running, many: Running) -> Row:
    """Many short rounds in turn, in an order by chance: what else the machine does falls on both alike."""
    pairs: list[tuple[float, float]] = []
    for _ in range(TURNS):
        taken = {each.pid: _grown(asked, each) for each in random.sample([few, many], 2)}
        pairs.append((taken[many.pid], taken[few.pid]))
    return _beside(f"{asked.what} with {MANY:,} records; beside {FEW:,}", pairs, bar=1.25)


def _grown(asked: Growing, of: Running) -> float:
    door = of.platform if asked.inside else of.public
    return drive(door, *asked.sent, expect=asked.expect, pids=[of.pid], callers=4, seconds=SECONDS / 2).cpu_us


def _beside(work: str, pairs: Sequence[tuple[float, float]], *, bar: float | None) -> Row:
    ratios = sorted(ours / other for ours, other in pairs)
    return Row(
        part="registry", work=work, ours=statistics.median(ours for ours, _ in pairs),
        baseline=statistics.median(other for _, other in pairs), unit="CPU us/call", ratio=statistics.median(ratios),
        low=ratios[len(ratios) // 4], high=ratios[-1 - len(ratios) // 4], bar=bar,
    )  # fmt: skip


def _intake(sent: Sequence[bytes], many: Running) -> list[Row]:
    """The catalogue while nothing else happens, and while a thousand records a second come in."""
    idle: list[float] = []
    busy: list[float] = []
    batches: list[float] = []
    for _ in range(ROUNDS):
        idle.append(_drive(many.public, sent, many.pid, ALONE).p95_ms)
        with _shipping(many) as took:
            busy.append(_drive(many.public, sent, many.pid, ALONE).p95_ms)
        batches += took
    ratio = statistics.median(b / i for b, i in zip(busy, idle, strict=True))
    work = f"catalogue: p95 while {BATCHES_PER_SECOND * 200:,} records a second come in; beside none"
    return [
        Row(part="registry", work=work, ours=statistics.median(busy), baseline=statistics.median(idle), unit="ms",
            ratio=ratio, bar=2.0),
        Row(part="registry", work="200 records taken in, on the disk", ours=statistics.median(batches), unit="ms"),
    ]  # fmt: skip


@contextmanager
def _shipping(many: Running) -> Generator[list[float]]:
    took: list[float] = []
    command = [sys.executable, "-m", "tests.bench.shipping", many.platform, str(BATCHES_PER_SECOND)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    took.append(float(process.stdout.readline()))
    try:
        yield took
    finally:
        process.terminate()
        took += [float(line) for line in process.communicate()[0].split()]
