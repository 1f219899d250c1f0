from collections.abc import Generator
from pathlib import Path

import pytest

from tests.deploy.local.coordinator.running import RunningCoordinator, running_coordinator, shared_data
from tests.deploy.local.coordinator.wire import Driver, Person


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_data(tmp_path_factory)


@pytest.fixture(scope="session")
def coordinator(data: Path) -> Generator[RunningCoordinator]:
    with running_coordinator(data) as coordinator:
        yield coordinator


@pytest.fixture
def ana(coordinator: RunningCoordinator) -> Person:
    return Person(coordinator)


@pytest.fixture
def trino(coordinator: RunningCoordinator) -> Driver:
    return Driver(coordinator)
