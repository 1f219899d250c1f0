"""No header, encoding or broken body opens another tool than the one that was judged, and nothing falls over."""

import base64
import json
import secrets
from collections.abc import Generator

import pytest

from tests.e2e.edge import Edge, Reply
from tests.e2e.engine import Engine
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.gateway.wire import CURRENT, PREVIOUS, message, mirrored

MARK = secrets.token_hex(4)
QUERY = {"sql": f"select 1 as m{MARK}"}
both_wires = pytest.mark.parametrize("era", [CURRENT, PREVIOUS])


def encoded(name: str) -> str:
    return f"=?base64?{base64.b64encode(name.encode()).decode()}?="


def raw(edge: Edge, body: bytes, *, era: str = CURRENT, tool: str = "find_tables", who: str = "bo") -> Reply:
    """Send `body` under the headers of an honest call of `tool`."""
    headers = mirrored(message("tools/call", tool, era=era), era=era)
    return edge.ask("POST", "/mcp/presto", *headers, who=who, content=body)


@pytest.fixture(scope="module", autouse=True)
def nothing_ran_and_nothing_fell_over(stack: Stack, edge: Edge, engine: Engine) -> Generator[None]:
    """Whatever the tests of this module send: no query of bo's reaches the engine, and every process lives on."""
    before = stack.pids
    yield
    assert not [text for text in engine.asked_by("bo").values() if MARK in text]
    assert stack.pids == before
    assert all(edge.opens("bo", server) for server in stack.servers)


def test_a_name_that_lies_is_refused(edge: Edge, remembered: Remembered) -> None:
    reply = edge.call("run_query", QUERY, who="bo", name="find_tables")
    assert (reply.status, reply.body["error"]["code"]) == (400, -32020)
    assert "upstream" not in remembered.access(reply.trace)[0]


def test_in_the_previous_era_the_body_decides_whatever_the_headers_say(edge: Edge) -> None:
    assert edge.call("run_query", QUERY, who="bo", era=PREVIOUS, name="find_tables").status == 403
    reply = edge.call("find_tables", {}, who="bo", era=PREVIOUS, name="run_query")
    assert "schemas" in reply.result["structuredContent"]


def test_an_encoded_name_is_read_before_it_is_judged(edge: Edge) -> None:
    assert edge.call("find_tables", {}, who="bo", name=encoded("find_tables")).status == 200
    assert edge.call("run_query", QUERY, who="bo", name=encoded("run_query")).status == 403
    assert edge.call("run_query", QUERY, who="bo", name=encoded("find_tables")).status == 400


@pytest.mark.parametrize("names", ['"name": "{}", "name": "find_tables"', '"name": "find_tables", "name": "{}"'])
@both_wires
def test_a_key_said_twice_is_refused(edge: Edge, names: str, era: str) -> None:
    body = json.dumps(message("tools/call", "find_tables", era=era, arguments=QUERY))
    reply = raw(edge, body.replace('"name": "find_tables"', names.format("run_query")).encode(), era=era)
    assert (reply.status, reply.body["code"]) == (400, "malformed")


@pytest.mark.parametrize("header", ["mcp-name", "mcp-method", "mcp-protocol-version"])
@pytest.mark.parametrize("value", ["run_query", "find_tables"])
def test_a_header_said_twice_is_refused(edge: Edge, header: str, value: str) -> None:
    assert edge.call("find_tables", {}, (header, value), who="bo").status == 400


def test_a_request_that_denies_its_era_is_judged_by_its_body(edge: Edge) -> None:
    sent = message("tools/call", "run_query", era=PREVIOUS, arguments=QUERY)
    headers = [("mcp-method", "tools/call"), ("mcp-name", "find_tables"), *mirrored(sent, era=PREVIOUS)[:2]]
    reply = edge.ask("POST", "/mcp/presto", *headers, who="bo", content=json.dumps(sent).encode())
    assert reply.status in (400, 403)


@pytest.mark.parametrize("host", ["evil.test", "localhost", "127.0.0.1.evil.test", "[::1]"])
def test_a_foreign_host_is_misdirected(edge: Edge, host: str) -> None:
    reply = edge.call("find_tables", {}, ("host", host), who="bo")
    assert (reply.status, reply.body["code"]) == (421, "misdirected")


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused(edge: Edge, origin: str) -> None:
    reply = edge.call("find_tables", {}, ("origin", origin), who="bo")
    assert (reply.status, reply.body["code"]) == (403, "origin_not_allowed")


def test_our_own_pages_may_call(edge: Edge) -> None:
    assert edge.call("find_tables", {}, ("origin", edge.base), who="bo").status == 200


@both_wires
def test_five_megabytes_are_refused_clearly(edge: Edge, era: str) -> None:
    reply = edge.call("find_tables", {"words": "x" * 5_000_000}, who="bo", era=era)
    assert (reply.status, reply.body["code"], reply.body["rule"]) == (413, "malformed", "size")


@pytest.mark.parametrize(
    "body", [b'{"jsonrpc": "2.0", "id": 1,', b"hello", b"", b"[]", b"null", b"\xff\xfe", b"[" * 5000]
)
@both_wires
def test_a_broken_body_is_refused(edge: Edge, body: bytes, era: str) -> None:
    assert raw(edge, body, era=era).status == 400


@both_wires
def test_several_messages_at_once_are_refused(edge: Edge, era: str) -> None:
    batch = [message("tools/call", name, era=era, arguments=QUERY) for name in ("find_tables", "run_query")]
    assert raw(edge, json.dumps(batch).encode(), era=era).status == 400


@pytest.mark.parametrize("method", ["tools/calls", "Tools/Call", "logging/setLevel", "completion/complete", "x"])
@both_wires
def test_an_unknown_method_is_refused(edge: Edge, method: str, era: str) -> None:
    assert edge.say(message(method, era=era), who="bo", era=era).status in (400, 403)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_mcp_is_spoken_by_post_alone(edge: Edge, method: str) -> None:
    reply = edge.ask(method, "/mcp/presto", who="bo")
    assert (reply.status, reply.body["code"], reply.headers["allow"]) == (405, "method_not_allowed", "POST")


@pytest.mark.parametrize(
    "path", ["/mcp/presto/", "/mcp/presto/x", "/MCP/presto", "/mcp/presto%2fx", "//mcp/payroll", "/mcp/../metrics"]
)
def test_paths_that_only_look_like_ours_lead_nowhere(edge: Edge, path: str) -> None:
    assert edge.ask("POST", path, who="bo").status in (400, 404)


def test_a_tool_that_nobody_wrote_is_refused_like_any_other(edge: Edge) -> None:
    for name in ("drop_table", "run_query ", "Run_Query", "../run_query", "x" * 300):
        assert edge.call(name, {}, who="bo", name=encoded(name)).status in (400, 403), name
