"""A registry in a process of its own, when it has come to rest."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from platform_core.testing.people import ROLE_GROUPS
from tests.bench.load import cpu
from tests.bench.serving import pin
from tests.registry.issuer import Issuer
from tests.registry.stage import Signer


@dataclass(frozen=True, kw_only=True)
class Running:
    """Where it is reached."""

    public: str
    platform: str
    pid: int


@contextmanager
def running(folder: Path, issuer: Issuer, signer: Signer) -> Generator[Running]:
    secret = folder / "secret"
    secret.write_text("word")
    public, platform = folder / "public.sock", folder / "platform" / "registry.sock"
    settings = {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": "http://127.0.0.1:7301",
        "SEEDBED_PLATFORM_RUN": str(folder),
        "SEEDBED_PLATFORM_STATE": str(folder / "state"),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(platform),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(signer.pin(folder / "keys.json")),
        "SEEDBED_AUTH_ISSUER": issuer.url,
        "SEEDBED_AUTH_JWKS_URL": f"{issuer.url}/jwks",
        "SEEDBED_REGISTRY_DATABASE": str(folder / "registry.db"),
        "SEEDBED_REGISTRY_PUBLIC_SOCKET": str(public),
        "SEEDBED_REGISTRY_PROBE_SECONDS": "86400",  # there are no servers to look at
        "SEEDBED_REGISTRY_CLIENT_SECRET_FILE": str(secret),
        "SEEDBED_REGISTRY_PROBE_SECRET_FILE": str(secret),
        "SEEDBED_REGISTRY_ROLE_GROUPS": json.dumps(dict(ROLE_GROUPS)),
    }
    log = (folder / "registry.log").open("w")
    process = subprocess.Popen([sys.executable, "-m", "registry"], env=os.environ | settings, stderr=log)
    try:
        _wait(lambda: public.exists() and _ready(public), process)
        pin(process.pid)
        _settle(process.pid)
        yield Running(public=str(public), platform=str(platform), pid=process.pid)
    finally:
        process.kill()  # nothing of it is kept
        process.wait(30)


def _settle(pid: int) -> None:
    """Wait until it has looked once at each server, none of which is there."""
    deadline, before = time.monotonic() + 600, cpu([pid])
    while time.monotonic() < deadline:
        time.sleep(2)
        before, spent = cpu([pid]), cpu([pid]) - before
        if spent < 0.05 * 2e9:
            return


def _ready(socket: Path) -> bool:
    transport = httpx2.HTTPTransport(uds=str(socket))
    try:
        with httpx2.Client(transport=transport, base_url="http://registry", timeout=5) as client:
            return client.get("/health/ready").status_code == 200
    except httpx2.TransportError:
        return False


def _wait(claim: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 300
    while not claim():
        if time.monotonic() > deadline or process.poll() is not None:
            raise RuntimeError("the registry to be measured did not start")
        time.sleep(0.05)
