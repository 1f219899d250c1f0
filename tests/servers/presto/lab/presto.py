"""A real PrestoDB that runs: two gigabytes once, then a coordinator with TPC-H and memory, ended by who started it."""

import re
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.servers.presto.lab.install import CACHE as TRINO
from tests.servers.presto.lab.install import NoTrino, java, maven

VERSION, ASM = "0.287", "9.7.1"
"""The newest whose server is published as an archive; it brings an ASM that can't read classes of Java 17."""
CACHE = TRINO.parent / "presto"
PATIENCE = 240.0
"""Seconds until the first scan gets through."""
_KEPT = re.compile(rf"presto-server-{re.escape(VERSION)}/(lib|plugin/tpch|plugin/memory)/")
_OPENED = ("java.lang", "java.lang.ref", "java.lang.reflect", "java.lang.invoke", "java.io", "java.net", "java.nio",
           "java.util", "sun.nio.ch", "sun.security.x509")  # fmt: skip
_CONFIG = """
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery-server.enabled=true
discovery.uri=http://127.0.0.1:{port}
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
query.max-memory=300MB
query.max-memory-per-node=300MB
query.max-total-memory-per-node=400MB
"""


def server() -> Path:
    """The unpacked server. Raises `NoTrino`, which says what is missing to have one."""
    home = CACHE / f"presto-server-{VERSION}"
    if (home / ".ready").exists():
        return home
    archive = maven("com.facebook.presto:presto-server", VERSION, "tar.gz", CACHE)
    shutil.rmtree(home, ignore_errors=True)
    with tarfile.open(archive) as tar:
        wanted = (member for member in tar if _KEPT.match(member.name))
        tar.extractall(CACHE, members=wanted)  # noqa: S202  # Presto's own, as Maven verified it
    for name in ("asm", "asm-tree", "asm-analysis", "asm-util"):
        (home / "lib" / f"{name}-9.0.jar").unlink(missing_ok=True)
        shutil.copy(maven(f"org.ow2.asm:{name}", ASM, "jar", CACHE), home / "lib")
    (home / ".ready").touch()
    return home


@contextmanager
def running(folder: Path) -> Generator[str]:
    """Its address, while it runs. Raises `NoTrino`."""
    jdk, home = java(least=11, most=17), server()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    _configure(folder / "etc", port)
    opens = (f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED)
    facts = (
        *("node.id=lab-1", "node.environment=lab", f"node.data-dir={folder}", "config=etc/config.properties"),
        *("catalog.config-dir=etc/catalog", f"plugin.dir={home / 'plugin'}", "log.levels-file=etc/log.properties"),
    )
    command = [str(jdk), "-server", "-Xmx1g", "-XX:TieredStopAtLevel=1", "-Djdk.attach.allowAttachSelf=true", *opens,
               "-cp", f"{home}/lib/*", *(f"-D{fact}" for fact in facts),
               "com.facebook.presto.server.PrestoServer"]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            _wait(f"http://127.0.0.1:{port}", process, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)


def _configure(etc: Path, port: int) -> None:
    (etc / "catalog").mkdir(parents=True)
    (etc / "config.properties").write_text(_CONFIG.format(port=port))
    (etc / "log.properties").write_text("com.facebook.presto=INFO\n")
    for name in ("tpch", "memory"):
        (etc / "catalog" / f"{name}.properties").write_text(f"connector.name={name}\n")


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not _scans(url):
        if process.poll() is not None or time.monotonic() > until:
            raise NoTrino(f"PrestoDB does not come up: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.25)


def _scans(url: str) -> bool:
    """The coordinator answers long before it knows a worker."""
    who = {"X-Presto-User": "admin"}
    try:
        page = requests.post(f"{url}/v1/statement", "SELECT count(*) FROM tpch.tiny.region", headers=who, timeout=5)
        while "nextUri" in (said := page.json()):
            page = requests.get(said["nextUri"], headers=who, timeout=5)
    except (requests.RequestException, ValueError):
        return False
    return "error" not in said
