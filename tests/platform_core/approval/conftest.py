from pathlib import Path

import pytest

from platform_core.approval.desk import Desk
from platform_core.testing import Kept, desk_in
from tests.servers.garden.beds import garden
from tests.servers.garden.server import server


@pytest.fixture(autouse=True)
def fresh_garden() -> None:
    garden.start_over()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path, server)


@pytest.fixture
def kept() -> Kept:
    return Kept()
