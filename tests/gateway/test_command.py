"""The command of the gateway says what is wrong with its settings, and whether it serves."""

import json
import sys
from pathlib import Path

import pytest

from gateway.__main__ import main
from tests.gateway.desk import Desk
from tests.gateway.examples import example
from tests.gateway.issuing import Issuer
from tests.gateway.stage import DOORS, settings


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Whole settings, of which a test spoils one."""
    (tmp_path / "keys.json").write_text(Desk().pinned())
    for name, value in settings(tmp_path, dict(zip(DOORS, range(7301, 7305), strict=True)), Issuer(1)).items():
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
    assert "SEEDBED_GATEWAY_ENVIRONMENTS" in listed
    assert "SEEDBED_AUTH_ISSUER" in listed


def test_without_an_envoy_it_is_not_ready(told: pytest.MonkeyPatch) -> None:
    assert run(told, "ready") == 1


def test_a_missing_setting_is_named(told: pytest.MonkeyPatch) -> None:
    told.delenv("SEEDBED_GATEWAY_ENVIRONMENTS")
    assert "SEEDBED_GATEWAY_ENVIRONMENTS" in str(run(told))


@pytest.mark.parametrize("base", ["nowhere", "http://", "http://127.0.0.1:7301/", "https://a b"])
def test_an_address_that_is_none_is_named(told: pytest.MonkeyPatch, base: str) -> None:
    told.setenv("SEEDBED_GATEWAY_ENVIRONMENTS", json.dumps({"production": {"base": base, "edge_port": 7301}}))
    assert "SEEDBED_GATEWAY_ENVIRONMENTS" in str(run(told))


def test_a_setting_that_is_no_json_is_named(told: pytest.MonkeyPatch) -> None:
    told.setenv("SEEDBED_GATEWAY_ENVIRONMENTS", "production")
    assert '"environments"' in str(run(told))


def test_a_mesh_without_the_socket_of_its_identity_is_named(told: pytest.MonkeyPatch) -> None:
    told.delenv("SEEDBED_GATEWAY_WORKLOAD_SOCKET")
    assert "SEEDBED_GATEWAY_WORKLOAD_SOCKET" in str(run(told))


def test_it_shows_what_envoy_was_told(
    told: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = example().tables[0]
    (tmp_path / "run/envoy/xds").mkdir(parents=True)
    (tmp_path / f"run/envoy/xds/rds-{table.door}.pb").write_bytes(table.content.raw)
    assert run(told, "show") is None
    assert '"seed/default-deny"' in capsys.readouterr().out


def test_settings_that_envoy_does_not_take_end_it_before_anything_is_written(
    told: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told.setenv("SEEDBED_AUTH_JWKS_URL", "https://login.example/jwks")
    told.setenv("SEEDBED_GATEWAY_CA_BUNDLE", str(tmp_path / "missing.pem"))
    assert "the settings make no configuration that Envoy takes" in str(run(told))
    assert not list(tmp_path.glob("run/envoy/xds/*.*"))


def test_hosted_it_takes_nothing_that_belongs_on_one_machine(told: pytest.MonkeyPatch) -> None:
    told.delenv("SEEDBED_STACK")
    said = str(run(told))
    assert "the key dev-1 is one of a developer's machine" in said
    assert "SEEDBED_AUTH_ISSUER" in said


def test_on_one_machine_it_listens_to_nobody_else(told: pytest.MonkeyPatch) -> None:
    exposed = {"production": {"base": "http://127.0.0.1:7301", "edge_port": 7301, "edge_host": "0.0.0.0"}}  # noqa: S104
    told.setenv("SEEDBED_GATEWAY_ENVIRONMENTS", json.dumps(exposed))
    assert "it would listen on 0.0.0.0" in str(run(told))
