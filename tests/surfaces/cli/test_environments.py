"""An experiment is used at the door of dev, with a login of dev; the registry is asked as ever."""

import json

import pytest

from tests.surfaces.cli.edge import Edge
from tests.surfaces.cli.terminal import Terminal


@pytest.fixture(scope="module")
def at_both(tmp_path_factory: pytest.TempPathFactory, edge: Edge) -> Terminal:
    """ana's terminal, logged in to both environments."""
    terminal = Terminal(home=tmp_path_factory.mktemp("both"), url=edge.url, issuer=edge.issuer)
    terminal.log_in("ana")
    terminal.log_in("ana", "--env", "dev")
    return terminal


def test_two_logins_stand_beside_each_other(at_both: Terminal) -> None:
    tokens = {at_both.seedbed("headers", "presto", *words).out for words in ((), ("--env", "dev"))}
    assert len(tokens) == 2
    assert "environment dev" in at_both.seedbed("whoami", "--env", "dev").out


def test_a_call_to_dev_goes_to_the_door_of_dev_with_its_own_token(at_both: Terminal, edge: Edge) -> None:
    edge.heard.clear()
    said = at_both.seedbed("call", "presto", "add", "left:=1", "right:=2", "--env", "dev")
    assert (said.code, said.out) == (0, "3\n")
    assert {request["host"] for request in edge.heard} == {edge.dev.removeprefix("http://")}


def test_the_list_of_dev_is_asked_of_the_registry_as_ever(at_both: Terminal, edge: Edge) -> None:
    edge.heard.clear()
    answer = json.loads(at_both.seedbed("tools", "--env", "dev", "--json").out)
    assert answer["environment"] == "dev"
    assert answer["servers"][0]["url"] == f"{edge.dev}/mcp/presto"
    assert {request["host"] for request in edge.heard} == {edge.url.removeprefix("http://")}


def test_a_login_of_production_is_none_in_dev(ana: Terminal) -> None:
    said = ana.seedbed("call", "presto", "add", "--env", "dev")
    assert said.code == 2
    assert "Run `seedbed login --env dev`" in said.err


def test_logging_out_of_one_leaves_the_other(terminal: Terminal) -> None:
    terminal.log_in("bo")
    terminal.log_in("bo", "--env", "dev")
    assert terminal.seedbed("logout", "--env", "dev").code == 0
    assert terminal.seedbed("whoami").code == 0
    assert terminal.seedbed("whoami", "--env", "dev").code == 2
