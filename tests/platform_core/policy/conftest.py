import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.platform_core.registry import Registry, running_registry


@pytest.fixture(scope="module")
def running() -> Generator[Registry]:
    with tempfile.TemporaryDirectory(prefix="sb-") as folder, running_registry(Path(folder)) as registry:
        yield registry


@pytest.fixture
def registry(running: Registry) -> Registry:
    running.start_over()
    return running


@pytest.fixture
def state(registry: Registry) -> Generator[Path]:
    folder = registry.socket.parent / "state"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
