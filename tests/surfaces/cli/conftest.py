from collections.abc import Generator
from pathlib import Path

import pytest

from tests.deploy.local.identity.running import RunningIdentity, running_identity
from tests.surfaces.cli.edge import Edge, running_edge
from tests.surfaces.cli.terminal import Terminal


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIdentity]:
    with running_identity(tmp_path_factory.mktemp("identity")) as identity:
        yield identity


@pytest.fixture(scope="session")
def edge(identity: RunningIdentity) -> Generator[Edge]:
    with running_edge(identity.issuer) as edge:
        yield edge


@pytest.fixture
def terminal(tmp_path: Path, edge: Edge) -> Terminal:
    """A terminal in which nobody is logged in."""
    return Terminal(home=tmp_path / "seedbed", url=edge.url, issuer=edge.issuer)


@pytest.fixture(scope="session")
def ana(tmp_path_factory: pytest.TempPathFactory, edge: Edge) -> Terminal:
    """ana's terminal; tests that share it leave her logged in."""
    terminal = Terminal(home=tmp_path_factory.mktemp("ana"), url=edge.url, issuer=edge.issuer)
    terminal.log_in("ana")
    return terminal
