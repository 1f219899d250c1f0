import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from registry.apps import public_app
from registry.parts import open_parts
from tests.registry.folders import short_folder
from tests.registry.stage import PATIENCE, Issuer, Registry, Signer, platform_door, serving, settings_in, signing


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The development identity provider, as a process, and the one place where it sends browsers back to."""

    issuer: str
    base: str
    state: Path

    @property
    def client_secret(self) -> SecretStr:
        return SecretStr((self.state / "clients" / "seedbed-registry.secret").read_text())


@pytest.fixture(scope="session")
def identity() -> Generator[Identity]:
    base, port = f"http://127.0.0.1:{free_port()}", free_port()
    with short_folder() as state:
        settings = {
            "SEEDBED_IDENTITY_STATE": str(state),
            "SEEDBED_IDENTITY_PORT": str(port),
            "SEEDBED_IDENTITY_PLATFORM_URL": base,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.identity"], env=os.environ | settings, stderr=subprocess.DEVNULL
        )
        try:
            provider = Identity(issuer=f"http://127.0.0.1:{port}", base=base, state=state)
            _wait_until_it_answers(provider.issuer)
            yield provider
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait_until_it_answers(issuer: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"{issuer}/jwks").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the identity provider never answered")


@pytest.fixture
async def pages(folder: Path, identity: Identity, signer: Signer) -> AsyncGenerator[Registry]:
    """The registry at the address that the identity provider knows, with both servers live."""
    own, platform, auth = settings_in(
        folder, signer, issuer=identity.issuer, jwks=f"{identity.issuer}/jwks", base=identity.base
    )
    own = own.model_copy(update={"client_secret": identity.client_secret})
    async with signing(folder, signer, own.signer_socket_in(platform)), open_parts(own, platform, auth) as parts:
        await asyncio.wait_for(parts.keys.wait_ready(), PATIENCE)
        doors = httpx2.ASGITransport(platform_door(parts))
        async with (
            serving((public_app(parts), int(identity.base.rpartition(":")[2]))),
            httpx2.AsyncClient(base_url=identity.base, timeout=PATIENCE, trust_env=False) as public,
            httpx2.AsyncClient(transport=doors, base_url="http://registry") as private,
        ):
            opened = Registry(parts=parts, public=public, platform=private, issuer=Issuer(), signer=signer)
            await opened.make_live("presto")
            await opened.make_live("seed")
            yield opened
            parts.bell.close()  # pages that are open still would keep the door from closing
