import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest


@pytest.fixture
def nook() -> Generator[Path]:
    """A folder with a short name: the path of a unix socket has room for 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="sb-"))
    yield folder
    shutil.rmtree(folder)
