"""`make bench ONLY=core`: server CPU per call beside the bare SDK, interleaved rounds, medians."""

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.load import Reading, drive
from tests.bench.rows import Row
from tests.bench.tokens import make

ROUNDS, SECONDS, CALLERS = 15, 0.7, 16
ERAS = ("2026-07-28", "2025-11-25")
Served = tuple[int, subprocess.Popen[bytes]]


def request(era: str, port: int, token: str) -> bytes:
    """One `tools/call` of echo as a client of that era sends it."""
    params: dict[str, object] = {"name": "echo", "arguments": {"text": "hello world"}}
    headers = [f"host: 127.0.0.1:{port}", f"authorization: Bearer {token}", "x-forwarded-user: ana"]
    headers += ["content-type: application/json", "accept: application/json, text/event-stream"]
    headers += [f"mcp-protocol-version: {era}"]
    headers += ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x-request-id: bench"]
    if era == ERAS[0]:
        headers += ["mcp-method: tools/call", "mcp-name: echo"]
        prefix = "io.modelcontextprotocol/"
        params["_meta"] = {f"{prefix}protocolVersion": era, f"{prefix}clientCapabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return "\r\n".join(["POST /mcp HTTP/1.1", *headers, f"content-length: {len(body)}", "", body]).encode()


@contextmanager
def serving(*command: str) -> Generator[Served]:
    """Run `python -m command port ...` until the block ends; yields the port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", command[0], str(port), *command[1:]]
    process = subprocess.Popen(argv)
    try:
        _wait(port, process)
        _pin(process.pid, 0)
        yield port, process
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("the server to be measured did not start")


def run() -> list[Row]:
    """Measure and return the rows of this part: both servers live, bursts in turn, so that noise hits both alike."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as folder, ExitStack() as stack:
        token = make(Path(folder))
        bare = stack.enter_context(serving("tests.bench.bare"))
        ours = stack.enter_context(serving("tests.bench.ours", folder))
        return [_measured(era, token, {"bare": bare, "ours": ours}) for era in ERAS]


def _measured(era: str, token: str, servers: dict[str, Served]) -> Row:
    readings: dict[str, list[Reading]] = {name: [] for name in servers}
    for number in range(ROUNDS + 1):
        print(f"    core, {era}: round {number} of {ROUNDS}", file=sys.stderr, flush=True)
        for name in random.sample(list(servers), len(servers)):
            port, process = servers[name]
            address, call = ("127.0.0.1", port), request(era, port, token)
            reading = drive(address, call, expect=b"hello world", pids=[process.pid], callers=CALLERS, seconds=SECONDS)
            readings[name] += [reading] if number else []  # the first round only warms up
    return _row(era, readings["ours"], readings["bare"])


def _row(era: str, ours: list[Reading], bare: list[Reading]) -> Row:
    ratios = [a.cpu_us / b.cpu_us for a, b in zip(ours, bare, strict=True)]
    ordered = sorted(ratios)
    return Row(
        part="core",
        work=f"echo, {era}: token, policy and record against the bare SDK",
        ours=statistics.median(r.cpu_us for r in ours),
        baseline=statistics.median(r.cpu_us for r in bare),
        unit="CPU us/call",
        ratio=statistics.median(ratios),
        low=ordered[len(ordered) // 4],
        high=ordered[-1 - len(ordered) // 4],
        bar=1.10 if era == ERAS[0] else 1.00,
    )


def _pin(pid: int, core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(pid, {cores[core]})
        os.sched_setaffinity(0, {cores[-1]})
