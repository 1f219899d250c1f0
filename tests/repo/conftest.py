from pathlib import Path

import pytest

from tests.repo.tree import ROOT
from tests.repo.wheels import UV, Installed


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of every member."""
    folder = tmp_path_factory.mktemp("dist")
    Installed(folder=ROOT, dist=folder).run(UV, "build", "-q", "--all-packages", "--wheel", "--out-dir", folder)
    return folder
