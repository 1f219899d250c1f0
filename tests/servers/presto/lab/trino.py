"""A Trino that runs: the one of `make trino`, which others find, or one of a folder of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from tests.servers.presto.lab import install
from tests.servers.presto.lab.configuration import JVM, Settings, write

FOLDER = install.CACHE / "lab"
_KNOWN = FOLDER / "running.json"
_started: dict[int, "subprocess.Popen[bytes]"] = {}
PATIENCE = 180.0
"""Seconds until the first scan gets through."""


@dataclass(frozen=True, kw_only=True)
class Trino:
    """Where it is."""

    pid: int
    folder: Path
    settings: Settings

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.settings.http}"

    @property
    def https(self) -> str:
        return f"https://127.0.0.1:{self.settings.https}"

    @property
    def authority(self) -> Path:
        return self.folder / "etc" / "server.pem"


def running() -> Trino | None:
    """The one of `make trino`, if it still answers."""
    try:
        known = json.loads(_KNOWN.read_text())
        found = Trino(pid=known["pid"], folder=FOLDER, settings=Settings(**known["settings"]))
        requests.get(f"{found.http}/v1/info", timeout=5).raise_for_status()
    except (OSError, ValueError, KeyError, TypeError, requests.RequestException):
        return None
    return found


def publish(trino: Trino) -> None:
    """Let others find it."""
    _KNOWN.write_text(json.dumps({"pid": trino.pid, "settings": asdict(trino.settings)}))


@contextmanager
def at_hand(folder: Path) -> Generator[Trino]:
    """The one of `make trino`, or one of our own in `folder` until the block ends. Raises `NoTrino`."""
    found = running()
    trino = found or start(folder)
    try:
        yield trino
    finally:
        if found is None:
            stop(trino)


def start(folder: Path) -> Trino:
    """Start one and wait until it scans. Raises `NoTrino`.

    No two may share a folder: Trino reads its passwords again every few seconds, and would take the other one's.
    """
    java, home = install.java(), install.server()
    settings = write(folder)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    facts = (
        *("node.id=lab-1", "node.environment=lab", f"node.data-dir={data}", "config=etc/config.properties"),
        *("log.levels-file=etc/log.properties", "catalog.config-dir=etc/catalog", f"plugin.dir={home / 'plugin'}"),
    )
    command = [str(java), *JVM, "-cp", f"{home}/lib/*", *(f"-D{fact}" for fact in facts), "io.trino.server.TrinoServer"]
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    _started[process.pid] = process
    trino = Trino(pid=process.pid, folder=folder, settings=settings)
    until = time.monotonic() + PATIENCE
    while not _scans(trino.http):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            tail = (data / "server.log").read_text(errors="replace")[-2000:]
            raise install.NoTrino(f"Trino does not come up: {tail}")
        time.sleep(0.25)
    return trino


def stop(trino: Trino) -> None:
    """End it."""
    if trino.folder == FOLDER:
        _KNOWN.unlink(missing_ok=True)
    try:
        os.kill(trino.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    if (ours := _started.pop(trino.pid, None)) is not None:
        ours.wait(30)


def _scans(url: str) -> bool:
    """`SELECT 1` is no proof: it works while every scan still fails."""
    try:
        page = requests.post(
            f"{url}/v1/statement", "SELECT count(*) FROM tpch.tiny.region", headers={"X-Trino-User": "admin"}, timeout=5
        ).json()
        while "nextUri" in page:
            page = requests.get(page["nextUri"], timeout=5).json()
    except (requests.RequestException, ValueError):
        return False
    return "error" not in page
