import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("seedbed", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("seedbed")  # the same cases on every machine, however slow


@pytest.fixture
def nook() -> Generator[Path]:
    """A folder with a short name: the path of a unix socket has room for 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="sb-"))
    yield folder
    shutil.rmtree(folder)
