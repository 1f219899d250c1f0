from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from tests.registry.folders import short_folder
from tests.registry.stage import Issuer, Registry, Signer, open_registry


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    with Issuer().serving() as serving:
        yield serving


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture
async def registry(folder: Path, issuer: Issuer, signer: Signer) -> AsyncGenerator[Registry]:
    async with open_registry(folder, issuer, signer) as opened:
        yield opened


@pytest.fixture
async def served(folder: Path, issuer: Issuer, signer: Signer) -> AsyncGenerator[Registry]:
    """The registry on real sockets, for what flows without end."""
    async with open_registry(folder, issuer, signer, on_sockets=True) as opened:
        yield opened
