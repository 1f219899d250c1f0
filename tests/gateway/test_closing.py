"""What was suspended, and what the registry has not confirmed for too long, is closed at the proxy: by name."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.artefacts import FOR_EVER, artefact
from tests.gateway.authority import TRUST_DOMAIN
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage, staged
from tests.gateway.wire import Reply, message, read_until, refused, refused_to_ides

SERVICE = "/production/service/closer"


@pytest.fixture(autouse=True)
def open_again(stage: Stage) -> Iterator[None]:
    """A server of these tests' own, open before each of them."""
    listed = {"spiffe_id": f"spiffe://{TRUST_DOMAIN}{SERVICE}", "tools": ["find"], "reason": "r", "owner": "o"}
    reach = {"surfaces": ["cli", "web-chat", "chat-bot"]}
    stage.desk.put(artefact(server="closing", reach=reach, services=[listed | {"expires": FOR_EVER}]))
    eventually(lambda: stage.call("drop", server="closing", who="olu").status == 200, "the server is open")
    yield
    stage.desk.suspend()
    eventually(lambda: stage.call("drop", server="closing", who="olu").status == 200, "the server is open again")


def suspended(reply: Reply, rule: str, reason: str) -> bool:
    return refused(reply, 403, "authorization_denied") and (reply.body["rule"], reply.body["detail"]) == (rule, reason)


def test_a_suspended_server_is_closed_to_everybody_who_could_call_it(stage: Stage) -> None:
    stage.desk.suspend({"server": "closing", "reason": "it leaks"})
    rule, reason = "closing/suspended", "closing is suspended: it leaks"
    eventually(lambda: suspended(stage.call("find", server="closing"), rule, reason), "the server is closed")
    assert suspended(stage.say(message("tools/list"), server="closing"), rule, reason)
    chat = stage.web_chat()
    eventually(lambda: suspended(chat.call("find", server="closing"), rule, reason), "on the mesh too")
    assert suspended(stage.mesh(SERVICE).call("find", server="closing", who=None), rule, reason)
    assert stage.call("find").status == 200
    assert stage.edge("dev").call("find").status == 200


def test_a_stranger_does_not_learn_that_a_server_is_suspended(stage: Stage) -> None:
    stage.desk.suspend({"server": "closing"})
    eventually(lambda: stage.call("find", server="closing").status == 403, "the server is closed")
    chat = stage.web_chat()
    eventually(lambda: chat.call("find", server="closing").status == 403, "on the mesh too")
    for stranger in (stage.edge(), stage.mesh("/production/service/other"), chat):
        assert refused(stranger.call("find", server="closing", who=None), 401, "unauthenticated")


def test_a_suspended_tool_is_closed_and_the_others_are_not(stage: Stage) -> None:
    stage.desk.suspend({"server": "closing", "tool": "drop", "reason": "too sharp"})
    closed = ("closing/suspended", "drop is suspended: too sharp")
    eventually(lambda: suspended(stage.call("drop", server="closing", who="olu"), *closed), "the tool is closed")
    assert stage.call("find", server="closing", who="olu").status == 200
    assert stage.call("drop", who="olu").status == 200, "another server's tool of that name"
    assert stage.say(message("tools/list"), server="closing", who="olu").status == 200


def test_a_suspended_person_is_out_by_every_door_and_nobody_else_is(stage: Stage) -> None:
    stage.desk.suspend({"person": "olu"})
    closed = ("suspended", "your access is suspended")
    eventually(lambda: suspended(stage.call("find", who="olu"), *closed), "the person is out")
    eventually(lambda: suspended(stage.web_chat().call("find", who="olu"), *closed), "on the mesh too")
    assert suspended(stage.ask("GET", "/api/catalog", stage.bearer("olu")), *closed)
    assert refused_to_ides(stage.ask("GET", "/v0.1/servers", stage.bearer("olu")), 403, "authorization_denied")
    assert stage.call("find").status == 200
    assert stage.edge("dev").call("find", who="olu").status == 200, "the other environment has its own list"


def test_several_things_are_suspended_at_once_and_open_one_by_one(stage: Stage) -> None:
    stage.desk.suspend({"server": "closing", "tool": "drop"}, {"server": "closing"}, {"person": "olu"})
    eventually(lambda: stage.call("find", server="closing").status == 403, "the server is closed")
    stage.desk.suspend({"server": "closing", "tool": "drop"})
    eventually(lambda: stage.call("find", server="closing", who="olu").status == 200, "server and person are back")
    assert stage.call("drop", server="closing", who="olu").status == 403


def test_a_suspension_cuts_no_stream_of_anybody_else(stage: Stage) -> None:
    with stage.stream("seed") as wire:
        stage.desk.suspend({"server": "closing"})
        eventually(lambda: stage.call("find", server="closing").status == 403, "the server is closed")
        stage.servers["seed"].let_go.set()
        assert b"last" in read_until(wire, b"last")
    stage.servers["seed"].let_go.clear()


def leased(reply: Reply) -> bool:
    return refused(reply, 403, "authorization_denied") and reply.body["rule"] == "seed/lease"


def test_without_the_registry_sensitive_tools_close_first_and_everything_later() -> None:
    lease = {"SEEDBED_PLATFORM_LEASE_SENSITIVE_SECONDS": "2", "SEEDBED_PLATFORM_LEASE_SECONDS": "10"}
    with tempfile.TemporaryDirectory(prefix="sb-gw-") as folder, staged(Path(folder), **lease) as stage:
        eventually(lambda: stage.call("drop", who="olu").status == 200, "the registry was heard just now")
        stage.desk_open.close()
        eventually(
            lambda: leased(stage.call("drop", who="olu")) and stage.call("find").status == 200,
            "sensitive tools are closed, and those alone",
        )
        assert leased(stage.call("salaries"))
        eventually(lambda: leased(stage.call("find")), "everything is closed")
        web_chat = stage.web_chat("dev")
        eventually(lambda: leased(web_chat.call("find")), "of dev too, which was heard a moment later")
        assert stage.call("find", who=None).status == 401
        stage.open_desk()
        eventually(lambda: stage.call("drop", who="olu").status == 200, "the registry is heard again")
