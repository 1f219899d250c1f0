"""`make bench ONLY=core`: server CPU per call beside the bare SDK and fastmcp, start and memory beside the bare SDK."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench import policy
from tests.bench.load import Reading, drive
from tests.bench.rows import Row
from tests.bench.serving import Served, memory_mb, serving
from tests.bench.tokens import make

ROUNDS, SECONDS, CALLERS = 15, 0.7, 16
NEW, OLD = "2026-07-28", "2025-11-25"
FASTMCP = "fastmcp==4.1.6"


def run() -> list[Row]:
    """Measure and return the rows: servers live side by side, bursts in turn, so that noise hits them alike."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as folder, ExitStack() as stack:
        token = make(Path(folder))
        bare = stack.enter_context(serving("tests.bench.bare"))
        ours = stack.enter_context(serving("tests.bench.ours", folder))
        rows = [_row(era, ours, bare, token, "the bare SDK", bar) for era, bar in ((NEW, 1.10), (OLD, 1.00))]
        rows.append(_memory(ours, bare))
        rows += _beside_fastmcp(ours, folder, token)
        rows += _with_spans(folder, token)
        rows += policy.run()
        return [*rows, _start(folder)]


def request(era: str, port: int, token: str) -> bytes:
    """One `tools/call` of echo as a client of that era sends it."""
    params: dict[str, object] = {"name": "echo", "arguments": {"text": "hello world"}}
    headers = [f"host: 127.0.0.1:{port}", f"authorization: Bearer {token}", "x-forwarded-user: ana"]
    headers += ["content-type: application/json", "accept: application/json, text/event-stream"]
    headers += [f"mcp-protocol-version: {era}"]
    headers += ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x-request-id: bench"]
    if era == NEW:
        headers += ["mcp-method: tools/call", "mcp-name: echo"]
        prefix = "io.modelcontextprotocol/"
        params["_meta"] = {f"{prefix}protocolVersion": era, f"{prefix}clientCapabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return "\r\n".join(["POST /mcp HTTP/1.1", *headers, f"content-length: {len(body)}", "", body]).encode()


def _row(era: str, ours: Served, other: Served, token: str, name: str, bar: float | None, *, what: str = "echo") -> Row:
    pairs = [_round(era, ours, other, token, number) for number in range(ROUNDS + 1)][1:]  # the first one warms up
    ratios = sorted(a.cpu_us / b.cpu_us for a, b in pairs)
    return Row(
        part="core",
        work=f"{what}, {era}: token, policy, record; beside {name}",
        ours=statistics.median(a.cpu_us for a, _ in pairs),
        baseline=statistics.median(b.cpu_us for _, b in pairs),
        unit="CPU us/call",
        ratio=statistics.median(ratios),
        low=ratios[len(ratios) // 4],
        high=ratios[-1 - len(ratios) // 4],
        bar=bar,
    )


def _round(era: str, ours: Served, other: Served, token: str, number: int) -> tuple[Reading, Reading]:
    print(f"    core, {era}: round {number} of {ROUNDS}", file=sys.stderr, flush=True)
    taken: dict[int, Reading] = {}
    for served in random.sample([ours, other], 2):
        call = request(era, served.port, token)
        address = ("127.0.0.1", served.port)
        taken[served.pid] = drive(
            address, call, expect=b"hello world", pids=[served.pid], callers=CALLERS, seconds=SECONDS
        )
    return taken[ours.pid], taken[other.pid]


def _beside_fastmcp(ours: Served, folder: str, token: str) -> list[Row]:
    python = _fastmcp()
    if python is None:
        print("    core: fastmcp can't be installed here, its rows are left out", file=sys.stderr)
        return []
    with serving(str(Path(__file__).with_name("fast.py")), folder, python=python) as fast:
        name = f"{FASTMCP} with its JWT check"
        return [_row(era, ours, fast, token, name, bar) for era, bar in ((NEW, 0.30), (OLD, 0.55))]


def _with_spans(folder: str, token: str) -> list[Row]:
    with serving("tests.bench.bare", "spans") as bare, serving("tests.bench.ours", folder, "spans") as ours:
        return [_row(era, ours, bare, token, "the bare SDK", None, what="echo and a span") for era in (NEW, OLD)]


def _memory(ours: Served, bare: Served) -> Row:
    mine, theirs = memory_mb(ours.pid), memory_mb(bare.pid)
    work = "memory after the calls, beside the bare SDK"
    return Row(part="core", work=work, ours=mine, baseline=theirs, unit="MB", ratio=mine / theirs, bar=1.40)


def _start(folder: str) -> Row:
    """From the start of the process to the first connection, in turn."""
    mine, theirs = (
        [_seconds("tests.bench.ours", folder) for _ in range(5)],
        [_seconds("tests.bench.bare") for _ in range(5)],
    )
    ours, bare = statistics.median(mine), statistics.median(theirs)
    work = "start of a server, beside the bare SDK"
    return Row(part="core", work=work, ours=ours, baseline=bare, unit="s", ratio=ours / bare, bar=1.50)


def _seconds(*command: str) -> float:
    with serving(*command) as served:
        return served.seconds


def _fastmcp() -> str | None:
    """A Python with fastmcp in the user's cache folder, made at the first time; None where that can't be had."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed" / FASTMCP
    python = home / "bin" / "python"
    if not python.exists() and not _install(home, python):
        return None
    return str(python)


def _install(home: Path, python: Path) -> bool:
    uv = str(Path(".tools/bin/uv"))
    overrides = home.with_suffix(".overrides")
    home.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text("certifi>=2026.1\n")  # 4.1.6 asks for one that is not served everywhere
    steps: Sequence[list[str]] = (
        [uv, "venv", "-q", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "-q", "-p", str(python), "--override", str(overrides), FASTMCP, "uvloop", "httptools"],
    )
    return all(subprocess.run(step, check=False).returncode == 0 for step in steps)
