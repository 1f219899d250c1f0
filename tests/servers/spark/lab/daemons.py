"""Spark's own servers on loopback addresses, until the block ends."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.spark.lab.install import environment

BOUND = 600.0
"""Seconds until one of them must answer; a machine that others load as well takes minutes."""
TICKS = os.sysconf("SC_CLK_TCK")
TWO_HOSTS = {"127.0.0.1": 1, "127.0.0.2": 1}
"""Cores of a worker by its host. No speculative copy is ever placed on the host of the original, so there are two."""


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
    port = free_port()
    options = {"fs.logDirectory": f"file:{events}", "ui.port": str(port), "fs.update.interval": "2s"}
    said = " ".join(f"-Dspark.history.{key}={value}" for key, value in options.items())
    command = ["bin/spark-class", "org.apache.spark.deploy.history.HistoryServer"]
    with _running(command, log, {"SPARK_HISTORY_OPTS": said}, f"http://127.0.0.1:{port}") as daemon:
        yield daemon


@contextmanager
def cluster(folder: Path, *, workers: Mapping[str, int] = TWO_HOSTS) -> Generator[str]:
    """A standalone master with workers; the value is the master's address."""
    port, page, kind = free_port(), free_port(), "org.apache.spark.deploy"
    place = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
    address = f"spark://127.0.0.1:{port}"
    master = ["bin/spark-class", f"{kind}.master.Master", *place]
    with ExitStack() as running:
        running.enter_context(_running(master, folder / "master.log", {}, f"http://127.0.0.1:{page}"))
        for host, cores in workers.items():
            page = free_port()
            own = ["--host", host, "--cores", str(cores), "--memory", "2g", "--webui-port", str(page), address]
            told = {"SPARK_WORKER_DIR": str(folder / "work"), "SPARK_LOCAL_IP": host, "SPARK_LOCAL_HOSTNAME": host}
            told["SPARK_LOCAL_DIRS"] = local_folder(folder)
            worker = ["bin/spark-class", f"{kind}.worker.Worker", *own]
            running.enter_context(_running(worker, folder / f"worker-{host}.log", told, f"http://{host}:{page}"))
        yield address


@contextmanager
def connect_server(events: Path, log: Path) -> Generator[str]:
    """A Connect server that logs its events; the value is where clients connect."""
    port, page = free_port(), free_port()
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": str(port),
        "spark.ui.port": str(page), "spark.eventLog.enabled": "true", "spark.eventLog.dir": f"file://{events}",
    }  # fmt: skip
    words = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    kind = "org.apache.spark.sql.connect.service.SparkConnectServer"
    command = ["bin/spark-submit", "--class", kind, "--master", "local[1]", *words, "spark-internal"]
    with _running(command, log, {}, f"http://127.0.0.1:{page}", lambda: _accepts(port)):
        yield f"sc://127.0.0.1:{port}"


def local_folder(folder: Path) -> str:
    """Where executors keep their shuffle files."""
    return str(folder / "local")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def _running(
    command: list[str], log: Path, settings: dict[str, str], url: str, ready: Callable[[], bool] = lambda: True
) -> Generator[Daemon]:
    told = environment() | settings
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        program = f"{told['SPARK_HOME']}/{command[0]}"
        process = subprocess.Popen([program, *command[1:]], env=told, stdout=out, stderr=out)
        try:
            _wait(lambda: _answers(url) and ready(), process, log)
            yield Daemon(url, process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + BOUND
    while process.poll() is None and time.monotonic() < until:
        if ready():
            return
        time.sleep(0.1)
    raise RuntimeError(f"it does not answer:\n{log.read_text()[-2000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/", timeout=BOUND) as answer:  # noqa: S310 - a loopback address
            return b"starting up" not in answer.read(4096)
    except (urllib.error.URLError, OSError):
        return False


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
