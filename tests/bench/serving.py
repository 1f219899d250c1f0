"""Servers to be measured: started, pinned to one core, ended with the block."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

CORES = sorted(os.sched_getaffinity(0))
"""Asked before anything is pinned: a process that is started later inherits what its parent was pinned to."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that listens on a loopback port."""

    port: int
    pid: int
    seconds: float
    """From the start of its process to the first connection."""


@contextmanager
def serving(*command: str, python: str = sys.executable) -> Generator[Served]:
    """Run `python -m command[0] PORT command[1:]...` (or a file's path) until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = [command[0]] if command[0].endswith(".py") else ["-m", command[0]]
    began = time.perf_counter()
    process = subprocess.Popen([python, *program, str(port), *command[1:]])
    try:
        _wait(port, process)
        pin(process.pid)
        yield Served(port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.005)
        else:
            return
    raise RuntimeError("the server to be measured did not start")


def pin(pid: int) -> None:
    """Every server, with every thread that it has by now, on the first core; the caller on the last if there are two.

    A server that is started after another inherits the caller's core, and a thread left there costs twice as much.
    """
    if len(CORES) > 1:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.sched_setaffinity(int(thread), {CORES[0]})
        os.sched_setaffinity(0, {CORES[-1]})


def memory_mb(pid: int) -> float:
    """Proportional memory of a process in MB: pages that are shared count by their share."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
