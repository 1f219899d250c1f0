"""The official MCP registry itself, built from source once into the user's cache folder, on a PostgreSQL of its own."""

import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.deploy.local.identity.running import free_port

MODULE = "github.com/modelcontextprotocol/registry/cmd/registry"
VERSION = "v1.8.8"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed" / f"official-registry-{VERSION}"
POSTGRES = Path("/usr/lib/postgresql")
"""Where Debian puts each version of it."""
PATIENCE = 600
"""Seconds; the first build takes most of a minute of two idle cores."""


class NoOracle(Exception):
    """It can't be had here."""


@contextmanager
def official_registry(servers: list[Any]) -> Generator[str]:
    """Run it with these documents in it; yields its base URL. Raises `NoOracle`."""
    program, tools = _built(), _postgres_tools()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sb-o-", dir="/tmp")))
        folder.chmod(0o755)
        seed = folder / "seed.json"
        seed.write_text(json.dumps(servers))
        database, port = stack.enter_context(_postgres(folder, tools)), free_port()
        settings = {
            "MCP_REGISTRY_SERVER_ADDRESS": f"127.0.0.1:{port}",
            "MCP_REGISTRY_DATABASE_URL": database,
            "MCP_REGISTRY_JWT_PRIVATE_KEY": secrets.token_hex(32),
            "MCP_REGISTRY_ENABLE_REGISTRY_VALIDATION": "false",
            "MCP_REGISTRY_SEED_FROM": str(seed),
        }
        log = stack.enter_context((folder / "registry.log").open("w+"))
        process = subprocess.Popen([program], env=os.environ | settings, stdout=log, stderr=log)
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        base = f"http://127.0.0.1:{port}"
        _wait(base, process, folder / "registry.log", len(servers))
        yield base


def _wait(base: str, process: "subprocess.Popen[bytes]", log: Path, servers: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answer = httpx2.get(f"{base}/v0.1/servers?limit=100", timeout=30, trust_env=False)
            if answer.status_code == 200 and answer.json()["metadata"]["count"] == servers:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the official registry did not start with {servers} servers:\n{log.read_text()[-2_000:]}")


def _built() -> Path:
    program = CACHE / "registry"
    if not program.exists():
        if shutil.which("go") is None:
            raise NoOracle("no Go to build the official registry")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as room:
            done = subprocess.run(
                ["go", "install", f"{MODULE}@{VERSION}"],  # noqa: S607  # whichever Go there is
                env=os.environ | {"GOBIN": room}, capture_output=True, text=True, timeout=PATIENCE, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                raise NoOracle(f"Go can't build the official registry: {done.stderr[-300:]}")
            (Path(room) / "registry").rename(program)
    return program


def _postgres_tools() -> Path:
    found = sorted(POSTGRES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise NoOracle("no PostgreSQL (Debian: apt-get install postgresql)")
    return found[-1].parent


@contextmanager
def _postgres(folder: Path, tools: Path) -> Generator[str]:
    """A cluster of its own; it refuses to run as root, so there it runs as the account that Debian made for it."""
    data, port = folder / "data", free_port()
    data.mkdir()
    user = pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else None
    if user:
        shutil.chown(data, user)
    subprocess.run(
        [tools / "initdb", "-D", data, "-U", "seedbed", "-A", "trust", "--no-sync"],
        check=True, capture_output=True, user=user, cwd=data,
    )  # fmt: skip
    command = [tools / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", data]
    with (folder / "postgres.log").open("w") as log:
        process = subprocess.Popen([*command, "-F"], user=user, cwd=data, stdout=log, stderr=log)
    try:
        _wait_for_postgres(tools, port, process)
        yield f"postgres://seedbed@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        process.terminate()
        process.wait(60)


def _wait_for_postgres(tools: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        ready = [tools / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError("PostgreSQL did not start")
