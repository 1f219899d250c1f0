"""An experiment lives in `dev`, for its own team, for fourteen days; production knows nothing of it."""

import time

import pytest

from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.governing import Desk
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited
from tests.gateway.wire import CURRENT, PREVIOUS

both_wires = pytest.mark.parametrize("era", [CURRENT, PREVIOUS])


@pytest.mark.parametrize("era", ERAS)
async def test_its_own_team_uses_it(dev: Edge, era: Era) -> None:
    async with dev.connect("ada", "kiosk", era=era) as kiosk:
        assert [tool.name for tool in (await kiosk.list_tools()).tools] == ["pick", "queue"]
        assert not (await kiosk.call_tool("pick", {"paper": "The Evening Post"})).is_error


def test_its_calls_are_recorded_as_those_of_dev(dev: Edge, remembered: Remembered) -> None:
    reply = dev.call("pick", {"paper": "today's"}, server="kiosk", who="ada")
    record = remembered.call(reply.trace)
    assert (record["environment"], record["server"], record["user"]) == ("dev", "kiosk", "ada")
    assert (record["surface"], record["client"]) == ("cli", "seedbed-cli-dev")


@pytest.mark.parametrize("login", ["ana", "bo", "carl", "olu", "sam"])
@both_wires
def test_everybody_else_is_refused_and_told_whom_to_ask(dev: Edge, login: str, era: str) -> None:
    refused = dev.call("pick", {"paper": "any"}, server="kiosk", who=login, era=era)
    assert (refused.status, refused.body["code"]) == (403, "authorization_denied")
    assert "#ask-ads" in refused.body["how_to_ask"]


@both_wires
def test_in_production_it_does_not_exist(edge: Edge, era: str) -> None:
    refused = edge.call("pick", {"paper": "any"}, server="kiosk", who="ada", era=era)
    assert (refused.status, refused.body["code"]) == (404, "unknown_server")


@both_wires
def test_a_live_server_is_not_in_dev(dev: Edge, era: str) -> None:
    refused = dev.call("greet", {"word": "Hello"}, server="seed", who="olu", era=era)
    assert (refused.status, refused.body["code"]) == (404, "unknown_server")


@both_wires
def test_a_token_of_one_environment_opens_nothing_in_the_other(edge: Edge, dev: Edge, era: str) -> None:
    strayed = dev.call("pick", {"paper": "any"}, edge.bearer("ada"), server="kiosk", who=None, era=era)
    assert (strayed.status, strayed.body["code"]) == (403, "client_not_allowed")
    stolen = edge.greet("any", dev.bearer("ana"), who=None, era=era)
    assert (stolen.status, stolen.body["code"]) == (403, "client_not_allowed")


def test_each_environment_has_its_processes_for_itself(stack: Stack) -> None:
    assert {"presto", "seed", "kiosk.dev"} <= set(stack.part_names)
    assert stack.socket("kiosk", "dev").exists()
    assert not stack.socket("kiosk").exists()
    assert not stack.socket("seed", "dev").exists()


def test_the_status_shows_both_environments(stack: Stack) -> None:
    said = stack.seedbed("status")
    for environment in ("production", "dev"):
        assert stack.home.edge(environment) in said
        assert stack.home.mesh(environment) in said
    assert "kiosk.dev    running" in said


def test_an_experiment_that_had_its_time_starts_again_by_a_new_decision_alone(mended: Stack, dev: Edge) -> None:
    mended.stop("kiosk.dev")
    desk, end = Desk(mended.home, "dev"), int(time.time()) + 3
    assert desk.hand_in(desk.signed("kiosk", not_after=end)).status_code == 200
    awaited(lambda: time.time() > end, "its time is over")
    said = mended.up()
    assert "kiosk: the experiment ended on" in said
    assert "`seedbed up --again kiosk` starts a new one" in said
    assert mended.pid("kiosk.dev") is None
    mended.up("--again", "kiosk")
    assert mended.pid("kiosk.dev") is not None
    assert dev.call("pick", {"paper": "the new one"}, server="kiosk", who="ada").status == 200
    assert desk.artefact("kiosk").not_after > end + 13 * 86_400
    desk.close()
