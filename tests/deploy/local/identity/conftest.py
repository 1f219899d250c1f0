from collections.abc import Generator
from pathlib import Path

import pytest

from tests.deploy.local.identity.running import RunningIdentity, running_identity


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIdentity]:
    with running_identity(
        Path(tmp_path_factory.mktemp("identity")), other_urls='["http://127.0.0.1:8081"]'
    ) as identity:
        yield identity
