"""The real SQL engine in a process of its own, for the tests of every part that asks it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

READY = "for this machine only"
PATIENCE = 60


@dataclass(frozen=True, kw_only=True)
class RunningCoordinator:
    """Where a running engine answers, and what it has logged so far."""

    url: str
    port: int
    data: Path
    log: list[str]
    process: subprocess.Popen[str]


def shared_data(factory: pytest.TempPathFactory) -> Path:
    """A folder for the data that all processes of a test run share."""
    base = factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tpch"


@contextmanager
def running_coordinator(data: Path, **settings: object) -> Generator[RunningCoordinator]:
    """Start the engine over `data`; `settings` are named as in `CoordinatorSettings`."""
    port = _free_port()
    asked = {"data": data, "port": port, "schemas": "tiny", **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.local.coordinator"],
        env=os.environ | {f"SEEDBED_COORDINATOR_{name.upper()}": str(value) for name, value in asked.items()},
        stderr=subprocess.PIPE,
        text=True,
    )
    log: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(process, log, ready))
    reader.start()
    try:
        if not ready.wait(PATIENCE) or process.poll() is not None:
            raise RuntimeError("the SQL engine did not start:\n" + "".join(log))
        yield RunningCoordinator(url=f"http://127.0.0.1:{port}", port=port, data=data, log=log, process=process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        reader.join(PATIENCE)
        if process.stderr:
            process.stderr.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read(process: subprocess.Popen[str], log: list[str], ready: threading.Event) -> None:
    for line in process.stderr or ():
        log.append(line)
        if READY in line:
            ready.set()
    ready.set()  # it ended: whoever waits sees why
