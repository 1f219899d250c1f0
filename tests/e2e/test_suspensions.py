"""A server, a tool or a person is closed at once, in both locks, with the registry or without it."""

import contextlib
import json
from collections.abc import Generator

import pytest

from deploy.local.stack.keys import EMERGENCY
from platform_core.policy.kept import keep
from tests.e2e.closing import Closing
from tests.e2e.edge import Edge, Reply
from tests.e2e.flight import Flight
from tests.e2e.governing import Desk
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited
from tests.gateway.wire import CURRENT, PREVIOUS, message


@pytest.fixture
def closing(mended: Stack, edge: Edge, dev: Edge) -> Generator[Closing]:
    """The list of production; whatever a test closes is open again afterwards."""
    yield Closing(home=mended.home)
    for name in ("signer", "registry"):
        if mended.pid(name) is None:
            mended.start(name)
    for environment in ("production", "dev"):
        Closing(home=mended.home, environment=environment).open_everything()
    awaited(lambda: all(edge.opens("ana", server) for server in mended.servers), "production is open again")
    awaited(lambda: dev.opens("ada", "kiosk"), "dev is open again")


def suspend(edge: Edge, *, who: str = "olu", **what: str) -> Reply:
    """Ask the registry to close something, as whoever `seedbed suspend` runs as."""
    asked = {"reason": "an exercise", **what}
    json_content = ("content-type", "application/json")
    return edge.ask("POST", "/api/suspensions", json_content, who=who, content=json.dumps(asked).encode())


def refused(edge: Edge, who: str = "ana", era: str = CURRENT) -> bool:
    """Whether a greeting is refused as suspended, by whichever lock comes first."""
    reply = edge.greet("may I?", who=who, era=era)
    if reply.status == 200:
        return reply.result["isError"] and reply.result["structuredContent"]["rule"].endswith("/suspended")
    return reply.status == 403 and "suspended" in reply.body["rule"]


def foreseen(edge: Edge) -> bool:
    """Whether the registry says that a greeting will pass."""
    return edge.ask("GET", "/api/preflight?server=seed&tool=greet", who="ana").body["allow"]


def test_a_server_that_an_operator_closes_is_closed_to_everybody(closing: Closing, edge: Edge, stack: Stack) -> None:
    pids = stack.pids
    assert suspend(edge, server="seed").status == 200
    for era in (CURRENT, PREVIOUS):
        awaited(lambda era=era: refused(edge, era=era), "the seed is closed")
    assert refused(edge, "olu")
    assert edge.opens("ana", "presto"), "another server is not concerned"
    assert not foreseen(edge)
    assert stack.pids == pids


def test_a_tool_is_closed_and_its_server_stays_open(closing: Closing, edge: Edge) -> None:
    assert suspend(edge, server="presto", tool="run_query").status == 200
    awaited(lambda: closed_query(edge), "the query is closed")
    assert edge.call("find_tables", {}).status == 200
    listed = edge.say(message("tools/list"), server="presto").result["tools"]
    assert "run_query" not in {tool["name"] for tool in listed}


def closed_query(edge: Edge) -> bool:
    reply = edge.call("run_query", {"sql": "select 1"})
    return reply.status == 403 or bool(reply.result["isError"])


def test_a_person_is_closed_out_of_both_environments_and_nobody_else(closing: Closing, edge: Edge, dev: Edge) -> None:
    assert suspend(edge, person="ada").status == 200
    awaited(lambda: refused(edge, "ada"), "ada is closed out of production")
    awaited(lambda: not dev.opens("ada", "kiosk"), "and of dev")
    assert edge.opens("ana", "seed")


@pytest.mark.parametrize("who", ["ana", "carl", "sam"])
def test_who_is_no_operator_closes_nothing(edge: Edge, who: str) -> None:
    reply = suspend(edge, who=who, server="seed")
    assert (reply.status, reply.body["rule"]) == (403, "registry/operator")
    assert edge.opens("ana", "seed")


def test_with_the_registry_dead_the_emergency_key_closes_and_the_registry_takes_it_over(
    closing: Closing, edge: Edge, mended: Stack
) -> None:
    mended.kill("registry")
    awaited(lambda: mended.pid("registry") is None, "the registry is dead")
    key = str(mended.home.keys.private(EMERGENCY))
    mended.seedbed("suspend", "seed", "--reason", "an exercise", "--offline", "--key", key)
    awaited(lambda: refused(edge), "the seed is closed without the registry")
    mended.start("registry")
    awaited(lambda: not foreseen(edge), "the registry knows")
    assert refused(edge)


def test_what_is_closed_stays_closed_over_restarts(closing: Closing, edge: Edge, mended: Stack) -> None:
    mended.kill("registry")
    closing.offline(server="seed")
    awaited(lambda: refused(edge), "the seed is closed")
    for name in ("seed", "envoy", "gateway"):
        mended.stop(name)
    for name in ("gateway", "envoy", "seed"):
        mended.start(name)
    awaited(lambda: edge.greet("now?").status == 403, "the door is there again")
    assert refused(edge)


def test_the_emergency_key_opens_nothing_and_is_worth_nothing_for_a_policy(
    closing: Closing, edge: Edge, stack: Stack, mended: Stack
) -> None:
    closing.offline(server="seed")
    awaited(lambda: refused(edge), "the seed is closed")
    before = closing.current
    closing.lay_down(before.model_copy(update={"version": before.version + 1, "entries": ()}), key="dev-emergency")
    with contextlib.closing(Desk(stack.home)) as desk:
        assert desk.hand_in(desk.forged("seed", by="dev-emergency")).status_code == 400
    mended.stop("seed")
    mended.start("seed")
    awaited(lambda: refused(edge), "the seed is closed still")


def test_an_older_list_opens_nothing(closing: Closing, edge: Edge, stack: Stack) -> None:
    file = stack.home.suspensions / "production.json"
    closing.open_everything()
    older = file.read_text()
    closing.offline(server="seed")
    awaited(lambda: refused(edge), "the seed is closed")
    awaited(lambda: not foreseen(edge), "the registry knows")
    keep(file, older)
    assert suspend(edge, server="presto").status == 200  # the registry has looked into the folder
    awaited(lambda: not edge.opens("ana", "presto"), "presto is closed too")
    assert refused(edge)


@pytest.mark.parametrize("offline", [False, True])
def test_a_call_in_flight_is_cut(
    closing: Closing, edge: Edge, dev: Edge, mended: Stack, remembered: Remembered, offline: bool
) -> None:
    standing_in_line = Flight(dev, "ada")
    if offline:
        mended.kill("registry")
        Closing(home=mended.home, environment="dev").offline(server="kiosk")
    else:
        assert suspend(edge, server="kiosk", environment="dev").status == 200
    assert "kiosk/suspended" in standing_in_line.lands()
    if offline:
        mended.start("registry")
    [record] = awaited(lambda: remembered.rows(CUT), "the call is recorded")
    assert record["outcome"] == "cancelled"


CUT = "SELECT * FROM invocations WHERE tool = 'queue' AND phase = 'done' ORDER BY id DESC LIMIT 1"
