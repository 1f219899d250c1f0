import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.coordinator.catalog.tpch import prepare, scale_of
from deploy.local.coordinator.settings import CoordinatorSettings
from platform_core.errors import WiringError
from tests.deploy.local.coordinator.running import running_coordinator
from tests.deploy.local.coordinator.wire import Person


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "seedbed"


def _prepared(home: Path) -> list[str]:
    said: list[str] = []
    prepare(home, "sf0.001", said.append)
    assert sorted(path.name for path in home.iterdir()) == [".lock", "sf0.001"]
    return said


def _files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in (folder / "sf0.001").iterdir()}


def test_the_data_are_made_once_for_all_homes_and_runs(tmp_path: Path, cache: Path) -> None:
    one, two = homes = [tmp_path / "one", tmp_path / "two"]
    with ThreadPoolExecutor() as together:
        first, second = sorted(together.map(_prepared, homes))
    assert [first, *("making" in second[0], "made" in second[1])] == [[], True, True]
    assert _prepared(one) == []
    assert _files(one) == _files(two)
    assert not any(path.stat().st_mode & 0o222 for path in (one / "sf0.001").iterdir())

    (tmp_path / "three" / ".making-lost").mkdir(parents=True)
    [kept] = cache.iterdir()
    (kept / ".making-lost").mkdir()
    (kept / "sf0.001" / "lineitem.parquet").unlink()
    assert "made" in _prepared(tmp_path / "three")[1], "what is not whole is made again"
    assert sorted(path.name for path in kept.iterdir()) == [".lock", "sf0.001"]


def test_without_a_cache_folder_a_home_has_data_of_its_own(tmp_path: Path, cache: Path) -> None:
    cache.parent.write_text("not a folder")
    said = _prepared(tmp_path / "one")
    assert "kept for the next" in said[0]
    assert "made" in said[2]


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
