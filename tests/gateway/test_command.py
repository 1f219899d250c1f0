"""The command of the gateway says what is wrong with its settings, and whether it serves."""

import sys
from pathlib import Path

import pytest

from gateway.__main__ import main
from tests.gateway.programs import Desk, Issuer
from tests.gateway.stage import settings


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Whole settings, of which a test spoils one."""
    (tmp_path / "keys.json").write_text(Desk().pinned())
    for name, value in settings(tmp_path, 7301, Issuer(1)).items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def run(told: pytest.MonkeyPatch, *words: str) -> object:
    """Run the command; what it ends with."""
    told.setattr(sys, "argv", ["seedbed-gateway", *words])
    try:
        return main()
    except SystemExit as end:
        return end.code


def test_it_lists_its_settings(told: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(told, "--settings") is None
    listed = capsys.readouterr().out
    assert "SEEDBED_GATEWAY_EDGE_PORT" in listed
    assert "SEEDBED_AUTH_ISSUER" in listed


def test_without_an_envoy_it_is_not_ready(told: pytest.MonkeyPatch) -> None:
    assert run(told, "ready") == 1


def test_a_missing_setting_is_named(told: pytest.MonkeyPatch) -> None:
    told.delenv("SEEDBED_GATEWAY_EDGE_PORT")
    assert "SEEDBED_GATEWAY_EDGE_PORT" in str(run(told))


def test_settings_that_envoy_does_not_take_end_it_before_anything_is_written(
    told: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told.setenv("SEEDBED_GATEWAY_EDGE_HOST", "not an address")
    assert "the settings make no configuration that Envoy takes" in str(run(told))
    assert not list(tmp_path.glob("run/envoy/xds/*.json"))
