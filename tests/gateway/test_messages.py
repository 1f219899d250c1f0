"""What is called is what the body says: no header, no encoding and no broken body opens another tool."""

import base64
import json

import pytest

from tests.gateway.entry import Entry
from tests.gateway.stage import Stage
from tests.gateway.wire import CURRENT, PREVIOUS, Reply, message, mirrored


def raw(entry: Entry, body: bytes, tool: str = "find", who: str = "ana") -> Reply:
    """Send `body` with the headers of an honest call of `tool`."""
    return entry.ask("POST", "/mcp/seed", *mirrored(message("tools/call", tool)), entry.bearer(who), body=body)


def test_a_name_that_lies_is_refused(stage: Stage, entry: Entry) -> None:
    before = stage.servers["seed"].requests
    reply = entry.call("drop", name="find")
    assert (reply.status, reply.body["error"]["code"]) == (400, -32020)
    assert stage.servers["seed"].requests == before


def test_in_the_previous_era_the_body_decides_whatever_the_headers_say(entry: Entry) -> None:
    assert entry.call("drop", era=PREVIOUS, name="find").status == 403
    assert entry.call("find", era=PREVIOUS, name="drop").status == 200


def test_a_request_that_denies_its_era_is_judged_by_its_body(entry: Entry) -> None:
    sent = message("tools/call", "drop", era=PREVIOUS)
    claims = [("mcp-method", "tools/call"), ("mcp-name", "find"), *mirrored(sent, era=PREVIOUS)[:2]]
    reply = entry.ask("POST", "/mcp/seed", *claims, entry.bearer(), body=json.dumps(sent).encode())
    assert reply.status in (400, 403)


@pytest.mark.parametrize(("tool", "status"), [("find", 200), ("drop", 403)])
def test_an_encoded_name_is_read_before_it_is_judged(entry: Entry, tool: str, status: int) -> None:
    encoded = f"=?base64?{base64.b64encode(tool.encode()).decode()}?="
    assert entry.call(tool, name=encoded).status == status


def test_an_encoded_name_cannot_lie_either(entry: Entry) -> None:
    encoded = f"=?base64?{base64.b64encode(b'find').decode()}?="
    assert entry.call("drop", name=encoded).status == 400


@pytest.mark.parametrize("header", ["mcp-name", "mcp-method", "mcp-protocol-version"])
@pytest.mark.parametrize("value", ["drop", "find"])
def test_a_header_said_twice_is_refused(entry: Entry, header: str, value: str) -> None:
    reply = entry.call("find", (header, value))
    assert reply.status == 400
    if "code" in reply.body:
        assert (reply.body["code"], reply.body["rule"]) == ("malformed", "once")


@pytest.mark.parametrize("names", ['"name": "drop", "name": "find"', '"name": "find", "name": "drop"'])
@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_a_key_said_twice_is_refused(entry: Entry, names: str, era: str) -> None:
    sent = message("tools/call", "find", era=era)
    body = json.dumps(sent).replace('"name": "find"', names).encode()
    reply = entry.ask("POST", "/mcp/seed", *mirrored(sent, era=era), entry.bearer(), body=body)
    assert (reply.status, reply.body["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "body", [b'{"jsonrpc": "2.0", "id": 1,', b"hello", b"", b"[]", b"null", b"\xff\xfe", b"[" * 5000]
)
def test_a_broken_body_is_refused_and_the_next_call_passes(stage: Stage, entry: Entry, body: bytes) -> None:
    before = stage.servers["seed"].requests
    assert raw(entry, body).status == 400
    assert stage.servers["seed"].requests == before
    assert entry.call("find").status == 200


def test_several_messages_at_once_are_refused(entry: Entry) -> None:
    assert raw(entry, json.dumps([message("tools/call", "find"), message("tools/call", "drop")]).encode()).status == 400


def test_a_body_of_five_megabytes_is_refused_clearly(entry: Entry) -> None:
    reply = entry.say(message("tools/call", "find", filler="x" * 5_000_000))
    assert (reply.status, reply.body["code"], reply.body["rule"]) == (413, "malformed", "size")


def test_a_body_of_three_megabytes_passes(entry: Entry) -> None:
    reply = entry.say(message("tools/call", "find", filler="x" * 3_000_000))
    assert (reply.status, reply.body["bytes"] > 3_000_000) == (200, True)


@pytest.mark.parametrize("method", ["tools/calls", "logging/setLevel", "completion/complete", "nonsense", "Tools/Call"])
def test_an_unknown_method_is_refused(entry: Entry, method: str) -> None:
    assert entry.say(message(method)).status in (400, 403)


def test_length_and_chunks_together_are_refused(entry: Entry) -> None:
    sent = message("tools/call", "find")
    chunked = ("transfer-encoding", "chunked")
    body = json.dumps(sent).encode()
    assert entry.ask("POST", "/mcp/seed", *mirrored(sent), entry.bearer(), chunked, body=body).status == 400
