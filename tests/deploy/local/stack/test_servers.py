"""Live servers run in production only, experiments in dev only."""

import json
from pathlib import Path

import pytest

from deploy.local.stack.describing import described
from deploy.local.stack.known import SERVERS
from deploy.local.stack.servers import Served, installed_servers, served
from platform_core.errors import WiringError

LIVE = dict.fromkeys(SERVERS, "production")
TRIED = {f"{name}.dev": "dev" for name in installed_servers() if name not in SERVERS}
"""Installed and not reviewed yet, as a server is that somebody has just begun."""


def places() -> dict[str, str]:
    return {each.part_name: each.environment for each in served()}


def test_a_server_that_the_reviewers_know_is_live_in_production_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEEDBED_LOCAL_EXPERIMENTS", raising=False)
    assert {"presto", "seed", "spark"} <= set(SERVERS) <= set(installed_servers())
    assert places() == LIVE | TRIED


def test_a_named_module_is_an_experiment_in_dev(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_LOCAL_EXPERIMENTS", json.dumps({"garden": "tests.servers.garden"}))
    assert places() == LIVE | TRIED | {"garden.dev": "dev"}


def test_the_next_version_of_a_live_server_is_tried_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_LOCAL_EXPERIMENTS", json.dumps({"seed": "deploy.seed"}))
    assert places() == LIVE | TRIED | {"seed.dev": "dev"}


@pytest.mark.parametrize("named", ['{"Garden": "tests.servers.garden"}', '{"garden": "rm -rf"}', '["garden"]'])
def test_what_names_no_module_is_refused(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("SEEDBED_LOCAL_EXPERIMENTS", named)
    with pytest.raises(WiringError, match="SEEDBED_LOCAL_EXPERIMENTS"):
        served()


def test_a_module_that_is_another_server_is_refused() -> None:
    with pytest.raises(WiringError, match=r"deploy\.seed says that it is seed, and it was to be payroll"):
        described([Served(name="payroll", module="deploy.seed", environment="dev")])


def test_a_module_that_is_no_server_says_why() -> None:
    with pytest.raises(WiringError, match="nothing can't describe itself"):
        described([Served(name="nothing", module="deploy.nothing", environment="dev")])


def test_a_module_that_breaks_says_how_and_what_it_prints_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "babbles.py").write_text("print('hello')\nraise OSError('the shelf is empty')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(WiringError, match=r"(?s)babbles can't describe itself.*the shelf is empty"):
        described([Served(name="babbles", module="babbles", environment="dev")])
