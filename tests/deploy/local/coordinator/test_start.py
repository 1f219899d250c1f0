import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.coordinator.catalog.tpch import prepare, scale_of
from deploy.local.coordinator.settings import CoordinatorSettings
from platform_core.errors import WiringError
from tests.deploy.local.coordinator.running import running_coordinator
from tests.deploy.local.coordinator.wire import Person


def test_the_data_are_made_once_and_kept(tmp_path: Path) -> None:
    said: list[str] = []
    prepare(tmp_path, "sf0.001", said.append)
    assert ["making" in said[0], "made" in said[1]] == [True, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "sf0.001"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sf0.001").iterdir()}
    prepare(tmp_path, "sf0.001", said.append)
    assert len(said) == 2
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sf0.001").iterdir()} == before


def test_data_left_half_made_are_made_again(tmp_path: Path) -> None:
    (tmp_path / ".making-lost").mkdir()
    prepare(tmp_path, "sf0.001", lambda _words: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "sf0.001"]


def test_a_schema_is_named_after_its_scale_as_trino_names_it() -> None:
    assert [scale_of(name) for name in ("tiny", "sf1", "sf0.1", "sf100")] == [0.01, 1.0, 0.1, 100.0]
    for name in ("small", "sf", "sf0", "sf-1", "sf1e9", "sfinf"):
        with pytest.raises(ValueError, match="names no TPC-H scale"):
            scale_of(name)


@pytest.mark.parametrize(("field", "value"), [("port", 0), ("schemas", "small"), ("running", 0), ("memory", "much")])
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, field: str, value: object) -> None:
    with pytest.raises(WiringError, match=f"SEEDBED_COORDINATOR_{field.upper()}"):
        CoordinatorSettings.load(data=tmp_path, **{field: value})


def test_with_a_wrong_setting_the_engine_does_not_start(tmp_path: Path) -> None:
    environment = {"SEEDBED_COORDINATOR_DATA": str(tmp_path), "SEEDBED_COORDINATOR_PORT": "none"}
    start = subprocess.run(
        [sys.executable, "-m", "deploy.local.coordinator"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert start.returncode == 1
    assert start.stderr.startswith("coordinator: settings of coordinator: SEEDBED_COORDINATOR_PORT: ")


def test_without_a_folder_for_its_data_the_engine_says_which_setting_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SEEDBED_COORDINATOR_DATA", raising=False)
    with pytest.raises(WiringError, match="SEEDBED_COORDINATOR_DATA"):
        CoordinatorSettings.load()


def test_the_engine_stops_at_once_with_queries_under_way(data: Path) -> None:
    with running_coordinator(data) as coordinator:
        for name in ("ana", "bo"):
            Person(coordinator, name).running()
    assert coordinator.process.returncode in (0, -15)
