import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.platform_core.house import House, a_house
from tests.platform_core.open_shop import OpenShop, open_shop

settings.register_profile("seedbed", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("seedbed")  # the same cases on every machine, however slow


@pytest.fixture
def nook() -> Generator[Path]:
    """A folder with a short name: the path of a unix socket has room for 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="sb-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def running_shop() -> Generator[OpenShop]:
    with tempfile.TemporaryDirectory(prefix="sb-") as folder, open_shop(Path(folder)) as shop:
        yield shop


@pytest.fixture
def shop(running_shop: OpenShop) -> OpenShop:
    """The shop behind its real border, without any memory of other tests."""
    running_shop.start_over()
    return running_shop


@pytest.fixture
def new_house(nook: Path) -> Generator[House]:
    """A house of this test alone, in which nothing runs yet but issuer and registry."""
    with a_house(nook) as house:
        yield house
