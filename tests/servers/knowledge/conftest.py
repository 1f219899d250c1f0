"""A shelf for every test."""

from pathlib import Path

import pytest

from tests.servers.knowledge.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty shelf, whose index is the one that the server answers from."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Shelf(tmp_path, monkeypatch)
