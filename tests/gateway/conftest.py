"""The real gateway and the real Envoy, once for all tests, between small programs that play everybody else."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.entry import Entry
from tests.gateway.stage import DOORS, Stage, staged


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One gateway for all tests: each that changes a policy changes a server of its own."""
    with tempfile.TemporaryDirectory(prefix="sb-gw-") as folder, staged(Path(folder)) as running:
        yield running


@pytest.fixture(params=DOORS)
def entry(request: pytest.FixtureRequest, stage: Stage) -> Entry:
    """Each way in, one after the other: what is bad is bad on both sides of both environments."""
    door: str = request.param
    return stage.by(door)
