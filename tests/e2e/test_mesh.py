"""Surfaces and services enter by the mesh: a certificate says which program calls, a token for whom."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.edge import Edge
from tests.e2e.governing import Desk
from tests.e2e.mesh import TRUST_DOMAIN, mesh
from tests.e2e.remembered import Remembered
from tests.e2e.stack import PYTHON, Stack
from tests.e2e.waiting import awaited
from tests.gateway.wire import CURRENT, PREVIOUS, message

REPORTS = f"spiffe://{TRUST_DOMAIN}/production/service/reports"
CHANNEL = ("x-seedbed-channel", "ask-platform")
both_wires = pytest.mark.parametrize("era", [CURRENT, PREVIOUS])


def open_to_the_mesh() -> dict[str, Any]:
    """The wish that opens the seed to both surfaces, and one tool to one service."""
    service = {
        "spiffe_id": REPORTS, "tools": ["greet"], "reason": "greets at night", "owner": "platform",
        "until": f"{datetime.now(UTC).date() + timedelta(days=1)}",
    }  # fmt: skip
    surfaces = {"surfaces": ["cli", "web-chat", "chat-bot"], "channels": {"chat-bot": ["ask-platform"]}}
    return surfaces | {"services": [service]}


@pytest.fixture(scope="module", autouse=True)
def opened(stack: Stack, edge: Edge, web_chat: Edge, reports: Edge) -> Generator[None]:
    """The seed is open to the mesh while this module runs."""
    desk = Desk(stack.home)
    desk.decide(**open_to_the_mesh())
    awaited(lambda: web_chat.opens("ana", "seed"), "the web chat opens the seed")
    awaited(lambda: reports.greet("at last", who=None).status == 200, "the service is let in")
    yield
    desk.decide()
    awaited(lambda: not web_chat.opens("ana", "seed") and edge.opens("ana", "seed"), "the seed is as it was")
    desk.close()


@pytest.fixture(scope="module")
def reports(stack: Stack) -> Generator[Edge]:
    """A service that an operator has entered; a real agent knows it some seconds later."""
    settings = f"SEEDBED_MESH_STATE={stack.home.state / 'mesh'}", f"SEEDBED_MESH_SOCKET={stack.home.workload_socket}"
    agent = ("/usr/bin/env", *settings, PYTHON, "-m", "deploy.local.mesh")
    stack.order(*agent, "enter", "/production/service/reports")
    with mesh(stack.home, "production", "/production/service/reports") as door:
        yield door
    stack.order(*agent, "remove", "/production/service/reports")


@both_wires
def test_a_person_in_the_web_chat_calls_as_themselves(web_chat: Edge, remembered: Remembered, era: str) -> None:
    reply = web_chat.greet("from the chat", era=era)
    assert reply.result["structuredContent"]["person"] == "ana"
    record = remembered.call(reply.trace)
    assert (record["user"], record["surface"], record["client"]) == ("ana", "web-chat", "seedbed-web-chat")
    assert (record["workload"], record["channel"]) == (f"spiffe://{TRUST_DOMAIN}/production/web-chat", None)


@both_wires
def test_the_bot_says_in_which_channel_a_person_speaks(chat_bot: Edge, remembered: Remembered, era: str) -> None:
    reply = chat_bot.greet("from the channel", CHANNEL, era=era)
    assert reply.result["structuredContent"]["person"] == "ana"
    record = remembered.call(reply.trace)
    assert (record["surface"], record["channel"]) == ("chat-bot", "ask-platform")


@both_wires
def test_in_another_channel_or_in_none_the_server_is_closed(chat_bot: Edge, era: str) -> None:
    for headers in ([], [("x-seedbed-channel", "random")]):
        refused = chat_bot.greet("elsewhere", *headers, era=era)
        assert (refused.status, refused.body["code"]) == (403, "authorization_denied")


def test_the_web_chat_vouches_for_no_channel(web_chat: Edge, remembered: Remembered) -> None:
    reply = web_chat.greet("claimed", CHANNEL)
    assert reply.status == 200
    assert remembered.call(reply.trace)["channel"] is None


def test_a_token_of_the_web_chat_opens_nothing_at_the_edge_and_the_reverse(edge: Edge, web_chat: Edge) -> None:
    stolen = edge.greet("stolen", web_chat.bearer("ana"), who=None)
    assert (stolen.status, stolen.body["code"]) == (403, "client_not_allowed")
    strayed = web_chat.greet("strayed", edge.bearer("ana"), who=None)
    assert (strayed.status, strayed.body["code"]) == (403, "client_not_allowed")


def test_a_surface_carries_no_token_of_another(web_chat: Edge, chat_bot: Edge, reports: Edge) -> None:
    for door, other in ((web_chat, chat_bot), (chat_bot, web_chat), (reports, web_chat)):
        refused = door.greet("for somebody else", CHANNEL, other.bearer("ana"), who=None)
        assert (refused.status, refused.body["code"]) == (403, "client_not_allowed")


def test_a_dev_surface_is_nobody_in_production(stack: Stack, web_chat: Edge) -> None:
    with mesh(stack.home, "production", "/dev/web-chat", client_id="seedbed-web-chat-dev") as door:
        assert door.greet("from dev").status == 403
        assert door.greet("borrowed", web_chat.bearer("ana"), who=None).status == 403


@both_wires
def test_a_listed_service_calls_what_is_listed_and_no_person_is_in_the_record(
    reports: Edge, remembered: Remembered, era: str
) -> None:
    reply = reports.greet("at night", who=None, era=era)
    assert not reply.result["isError"]
    record = remembered.call(reply.trace)
    assert (record["user"], record["workload"], record["surface"]) == (None, REPORTS, "service")
    assert record["rule"].startswith("seed/")


@both_wires
def test_a_service_opens_and_lists_nothing_without_a_person(reports: Edge, era: str) -> None:
    for method in ("tools/list", "server/discover" if era == CURRENT else "initialize"):
        assert reports.say(message(method, era=era), who=None, server="seed", era=era).status == 401


def test_a_workload_that_nobody_listed_calls_nothing(web_chat: Edge) -> None:
    assert web_chat.greet("without a person", who=None).status in (401, 403)


def test_a_service_is_let_in_where_it_is_listed_and_nowhere_else(reports: Edge) -> None:
    assert reports.call("find_tables", {}, who=None).status in (401, 403)


def test_the_registry_tells_a_surface_what_its_people_may_use(web_chat: Edge) -> None:
    said = web_chat.ask("GET", "/api/catalog", who="ana").body
    assert (said["person"], said["surface"]) == ("ana", "web-chat")
    assert "seed" in {server["name"] for server in said["servers"]}
