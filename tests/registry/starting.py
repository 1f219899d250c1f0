"""The registry as a process of its own, forked from one that has imported everything: importing takes seconds."""

import asyncio
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx2

from platform_core.testing.people import ROLE_GROUPS
from registry.__main__ import main
from tests.registry.stage import BASE, PATIENCE, Issuer, Signer

_warm = multiprocessing.get_context("forkserver")
_warm.set_forkserver_preload([__name__])


def settings_of(folder: Path, issuer: Issuer, signer: Signer) -> dict[str, str]:
    """Everything in one folder."""
    secret = folder / "secret"
    secret.write_text("word")
    return {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": BASE,
        "SEEDBED_PLATFORM_RUN": str(folder),
        "SEEDBED_PLATFORM_STATE": str(folder / "state"),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(folder / "platform" / "registry.sock"),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(signer.pin(folder / "keys.json")),
        "SEEDBED_AUTH_ISSUER": issuer.url,
        "SEEDBED_AUTH_JWKS_URL": f"{issuer.url}/jwks",
        "SEEDBED_REGISTRY_CLIENT_SECRET_FILE": str(secret),
        "SEEDBED_REGISTRY_PROBE_SECRET_FILE": str(secret),
        "SEEDBED_REGISTRY_ROLE_GROUPS": json.dumps(dict(ROLE_GROUPS)),
    }


@contextmanager
def forked(program: Callable[..., None], *arguments: object) -> Generator[BaseProcess]:
    """`program` in a process, killed at the end if it still lives."""
    process = _warm.Process(target=program, args=arguments, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join(PATIENCE)


@contextmanager
def running(settings: dict[str, str], *, room: int | None = None) -> Generator[BaseProcess]:
    """`python -m registry`, but for its imports; `room` is what any file of it may grow to."""
    with forked(_registry, settings, room) as process:
        yield process


def _registry(settings: dict[str, str], room: int | None) -> None:
    os.environ |= settings
    sys.argv = ["registry"]
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    main()


def reach(settings: dict[str, str]) -> httpx2.AsyncClient:
    """A client of the door for the platform's parts."""
    socket = settings["SEEDBED_PLATFORM_REGISTRY_SOCKET"]
    return httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(uds=socket), base_url="http://registry")


async def ready(client: httpx2.AsyncClient) -> None:
    """Return when the registry can serve."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(httpx2.TransportError):
            if (await client.get("/health/ready")).status_code == 200:
                return
        await asyncio.sleep(0.02)
    raise AssertionError("the registry never became ready")
