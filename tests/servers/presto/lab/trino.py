"""A Trino that runs: started once, found again by who comes later, ended by who started it."""

import json
import os
import signal
import subprocess
import time
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
    settings: Settings

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.settings.http}"

    @property
    def https(self) -> str:
        return f"https://127.0.0.1:{self.settings.https}"

    @property
    def authority(self) -> Path:
        return FOLDER / "etc" / "server.pem"


def running() -> Trino | None:
    """The one that was started before, if it still answers."""
    try:
        known = json.loads(_KNOWN.read_text())
        found = Trino(pid=known["pid"], settings=Settings(**known["settings"]))
        requests.get(f"{found.http}/v1/info", timeout=5).raise_for_status()
    except (OSError, ValueError, KeyError, TypeError, requests.RequestException):
        return None
    return found


def start() -> Trino:
    """Start one and wait until it scans. Raises `NoTrino`."""
    java, home = install.java(), install.server()
    settings = write(FOLDER)
    data = FOLDER / "data"
    data.mkdir(exist_ok=True)
    facts = (
        *("node.id=lab-1", "node.environment=lab", f"node.data-dir={data}", "config=etc/config.properties"),
        *("log.levels-file=etc/log.properties", "catalog.config-dir=etc/catalog", f"plugin.dir={home / 'plugin'}"),
    )
    command = [str(java), *JVM, "-cp", f"{home}/lib/*", *(f"-D{fact}" for fact in facts), "io.trino.server.TrinoServer"]
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=FOLDER, stdout=log, stderr=log, start_new_session=True)
    _started[process.pid] = process
    trino = Trino(pid=process.pid, settings=settings)
    until = time.monotonic() + PATIENCE
    while not _scans(trino.http):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            tail = (data / "server.log").read_text(errors="replace")[-2000:]
            raise install.NoTrino(f"Trino does not come up: {tail}")
        time.sleep(0.25)
    _KNOWN.write_text(json.dumps({"pid": trino.pid, "settings": asdict(settings)}))
    return trino


def stop(trino: Trino) -> None:
    """End it and forget it."""
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
