"""Who calls is what the token says: headers that claim it change nothing, on no path and by no method."""

import json

import pytest

from gateway.compile.filters import SPOOFABLE
from platform_core.testing import PEOPLE
from tests.e2e.edge import Edge
from tests.e2e.remembered import Remembered
from tests.gateway.wire import Header

OLU: list[Header] = [
    ("x-forwarded-user", "olu"),
    ("x-forwarded-groups", json.dumps(["platform", "registry-operators"])),
    ("x-forwarded-surface", "seedbed-cli"),
    ("x-forwarded-client-cert", "URI=spiffe://seedbed/registry"),
    ("x-seedbed-channel", "ask-presto"),
    ("x-seedbed-trace", "0" * 32),
    ("x-forwarded-host", "evil.test"),
    ("forwarded", "for=olu"),
]
"""What a caller would send to be taken for olu, who may do everything."""
NOWHERE = ["/health/ready", "/health/live", "/metrics", "/mcp", "/mcp/seed/health/ready", "/mcp/seed/metrics", "/x"]
PLATFORM_ONLY = ["/api/servers/seed", "/api/policies", "/api/policies/stream", "/api/invocations"]
PREFLIGHT: Header = ("access-control-request-method", "POST")


def test_every_header_that_the_proxy_removes_is_tried_here() -> None:
    assert {name for name, _ in OLU} >= set(SPOOFABLE) - {"x-forwarded-server"}


def test_a_record_names_the_person_of_the_token(edge: Edge, remembered: Remembered) -> None:
    reply = edge.greet("forged", *OLU, who="ana")
    assert reply.result["structuredContent"]["person"] == "ana"
    record = remembered.call(reply.trace)
    assert (record["user"], record["surface"], record["channel"]) == ("ana", "cli", None)
    assert json.loads(record["groups"]) == sorted(PEOPLE["ana"].groups)


def test_nobody_gets_in_by_a_claim(edge: Edge) -> None:
    assert edge.call("run_query", {"sql": "select 1"}, *OLU, who="bo").status == 403
    assert edge.call("find_tables", {}, *OLU, who="carl").status == 403
    assert edge.call("find_tables", {}, *OLU, who=None).status == 401


def test_the_registry_answers_the_person_of_the_token(edge: Edge) -> None:
    assert edge.ask("GET", "/api/catalog", *OLU, who="bo").body["person"] == "bo"
    assert edge.ask("GET", "/api/catalog", *OLU).status == 401


@pytest.mark.parametrize("path", ["/", "/servers", "/servers/presto"])
def test_a_page_is_shown_to_nobody_by_a_claim(edge: Edge, path: str) -> None:
    page = edge.ask("GET", path, *OLU, edge.bearer("olu"))
    assert page.status in (302, 303)
    assert page.headers["location"].startswith("/login")


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_paths_without_a_route_reach_nobody(edge: Edge, remembered: Remembered, method: str) -> None:
    anonymous = [edge.ask(method, path, *OLU, PREFLIGHT) for path in NOWHERE]
    named = [edge.ask(method, path, *OLU, PREFLIGHT, who="ana") for path in NOWHERE]
    assert {reply.status for reply in anonymous} == {401}
    assert {reply.status for reply in named} == {404}
    assert not [line for line in remembered.access(*(r.trace for r in (*anonymous, *named))) if "upstream" in line]


@pytest.mark.parametrize("path", PLATFORM_ONLY)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_what_parts_tell_the_registry_cannot_be_told_from_outside(edge: Edge, method: str, path: str) -> None:
    assert edge.ask(method, path, *OLU, content=b"[]").status == 401
    assert edge.ask(method, path, *OLU, who="olu", content=b"[]").status in (404, 405)


def test_a_preflight_reaches_no_server(edge: Edge, remembered: Remembered) -> None:
    reply = edge.ask("OPTIONS", "/mcp/seed", *OLU, PREFLIGHT, ("origin", edge.base))
    assert reply.status == 401
    assert "upstream" not in remembered.access(reply.trace)[0]


def test_a_preflight_from_elsewhere_is_told_no(edge: Edge) -> None:
    reply = edge.ask("OPTIONS", "/mcp/seed", *OLU, PREFLIGHT, ("origin", "https://evil.test"))
    assert reply.status == 403
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("path", ["/.well-known/oauth-protected-resource/mcp/seed", "/static/seedbed.css"])
def test_what_is_open_to_all_is_the_same_for_a_forger(edge: Edge, path: str) -> None:
    assert edge.ask("GET", path, *OLU).body == edge.ask("GET", path).body


def test_an_underscore_does_not_hide_a_claim(edge: Edge) -> None:
    assert edge.greet("hidden", ("x_forwarded_user", "olu")).status == 400
