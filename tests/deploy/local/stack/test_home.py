"""What a stack keeps between runs: its ports, and those of a stack from before there were two environments."""

import json
from pathlib import Path

import pytest

from deploy.local.stack.home import DOORS, Home


def test_two_environments_have_two_doors_each() -> None:
    assert DOORS == ("production-edge", "production-mesh", "dev-edge", "dev-mesh")


def test_ports_are_chosen_once_and_differ(tmp_path: Path) -> None:
    ports = Home(tmp_path).ports
    assert len(set(ports.values())) == len(DOORS) + 3
    assert Home(tmp_path).ports == ports


def test_an_agent_that_was_connected_before_there_were_environments_is_connected_still(tmp_path: Path) -> None:
    before = {"edge": 40001, "identity": 40002, "engine": 40003}
    (tmp_path / "ports.json").write_text(json.dumps(before))
    home = Home(tmp_path)
    assert home.base == "http://127.0.0.1:40001"
    assert home.issuer == "http://127.0.0.1:40002"
    assert home.ports.keys() == {*DOORS, "identity", "engine", "airflow"}
    assert Home(tmp_path).ports == home.ports


def test_the_folders_are_for_this_account_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEEDBED_LOCAL_HOME", str(tmp_path / "home"))
    home = Home.load()
    for folder in (home.path, home.state, home.keys.folder, home.run, home.platform, home.suspensions):
        assert folder.stat().st_mode & 0o777 == 0o700
