"""Spark's own servers on loopback ports, until the block ends."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.spark.lab.install import environment

BOUND = 180.0
"""Seconds until one of them must answer; a loaded machine takes tens."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Daemon:
    """One of Spark's servers."""

    url: str
    pid: int

    def get(self, path: str) -> Any:
        """The JSON at `path`; a page that says that it starts up is no answer."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=BOUND) as answer:  # noqa: S310 - a loopback address
            return json.loads(answer.read())

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def history_server(events: Path, log: Path) -> Generator[Daemon]:
    """A History Server on a folder of event logs."""
    port = _free()
    options = {"fs.logDirectory": f"file:{events}", "ui.port": str(port), "fs.update.interval": "2s"}
    said = " ".join(f"-Dspark.history.{key}={value}" for key, value in options.items())
    with _running("org.apache.spark.deploy.history.HistoryServer", [], port, log, SPARK_HISTORY_OPTS=said) as daemon:
        yield daemon


@contextmanager
def cluster(folder: Path, *, cores: int) -> Generator[str]:
    """A standalone master with one worker; the value is the master's address."""
    port, page, worker = _free(), _free(), _free()
    place = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
    address = f"spark://127.0.0.1:{port}"
    own = ["--host", "127.0.0.1", "--cores", str(cores), "--memory", "2g", "--webui-port", str(worker)]
    kind = "org.apache.spark.deploy"
    with (
        _running(f"{kind}.master.Master", place, page, folder / "master.log"),
        _running(f"{kind}.worker.Worker", [*own, address], worker, folder / "worker.log", SPARK_WORKER_DIR=str(folder)),
    ):
        yield address


@contextmanager
def _running(kind: str, words: list[str], port: int, log: Path, **settings: str) -> Generator[Daemon]:
    told = environment() | settings
    with log.open("wb") as out:
        process = subprocess.Popen(
            [f"{told['SPARK_HOME']}/bin/spark-class", kind, *words], env=told, stdout=out, stderr=out
        )
        try:
            _wait(port, process, log)
            yield Daemon(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + BOUND
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=BOUND) as answer:
                if b"starting up" not in answer.read(4096):
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"it does not answer:\n{log.read_text()[-2000:]}")


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
