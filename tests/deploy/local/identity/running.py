"""The real identity provider in a process of its own, for the tests of every part that needs a login."""

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

READY = "for this machine only"
PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class RunningIdentity:
    """Where a running provider answers, and what it has logged so far."""

    issuer: str
    state: Path
    platform_url: str
    log: list[str]
    process: subprocess.Popen[str]


@contextmanager
def running_identity(
    state: Path, *, port: int | None = None, platform_url: str = "http://127.0.0.1:8080", **settings: object
) -> Generator[RunningIdentity]:
    """Start the provider over `state`; `settings` are named as in `IdentitySettings`."""
    port = port or free_port()
    asked = {"state": state, "port": port, "platform_url": platform_url, **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.local.identity"],
        env=os.environ | {f"SEEDBED_IDENTITY_{name.upper()}": str(value) for name, value in asked.items()},
        stderr=subprocess.PIPE,
        text=True,
    )
    log: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(process, log, ready))
    reader.start()
    try:
        if not ready.wait(PATIENCE) or process.poll() is not None:
            raise RuntimeError("the identity provider did not start:\n" + "".join(log))
        yield RunningIdentity(
            issuer=f"http://127.0.0.1:{port}", state=state, platform_url=platform_url, log=log, process=process
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        reader.join(PATIENCE)
        if process.stderr:
            process.stderr.close()


def free_port() -> int:
    """A loopback port that nobody holds right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read(process: subprocess.Popen[str], log: list[str], ready: threading.Event) -> None:
    for line in process.stderr or ():
        log.append(line)
        if READY in line:
            ready.set()
    ready.set()  # it ended: whoever waits sees why
