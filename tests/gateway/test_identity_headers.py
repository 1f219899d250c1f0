"""Who calls is what the token says: headers that claim it are gone on every path, before anything reads them."""

import json

import pytest

from gateway.compile.filters import SPOOFABLE
from tests.gateway.entry import Entry
from tests.gateway.stage import Stage
from tests.gateway.wire import Header, Reply, message, mirrored

FORGED: list[Header] = [(name, "root") for name in SPOOFABLE]
PAGES = [
    *("/", "/login", "/login/callback", "/logout", "/servers", "/servers/seed", "/static/seedbed.css"),
    *("/approvals/x", "/suspensions"),
]
ANONYMOUS = ["/.well-known/oauth-protected-resource/mcp/seed"]


def forged_values(seen: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: values for name, values in seen.items() if "root" in values}


@pytest.mark.parametrize("path", [*PAGES, *ANONYMOUS])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_pages_see_neither_forged_headers_nor_tokens(stage: Stage, path: str, method: str) -> None:
    preflight = ("access-control-request-method", "POST")
    reply = stage.ask(method, path, *FORGED, preflight, ("authorization", "Bearer x"), ("cookie", "session=1"))
    assert reply.body["echo"] == "registry"
    assert not forged_values(reply.seen)
    assert "authorization" not in reply.seen
    assert not {"x-forwarded-user", "x-forwarded-groups", "x-forwarded-surface"} & reply.seen.keys()
    assert not {"x-forwarded-client-cert", "x-seedbed-channel"} & reply.seen.keys()
    assert reply.seen["cookie"] == ["session=1"]


def test_a_server_sees_the_verified_person_and_nothing_forged(entry: Entry) -> None:
    reply = entry.call("find", *FORGED)
    assert reply.seen["x-forwarded-user"] == ["ana"]
    assert not forged_values(reply.seen)


def test_the_catalogue_sees_the_verified_person_and_nothing_forged(stage: Stage) -> None:
    reply = stage.ask("GET", "/api/catalog", *FORGED, stage.bearer("bo"))
    assert reply.seen["x-forwarded-user"] == ["bo"]
    assert not forged_values(reply.seen)


@pytest.mark.parametrize("path", ["/health/ready", "/health/live", "/metrics", "/mcp/seed/health/ready", "/elsewhere"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_paths_without_a_route_reach_nobody(stage: Stage, path: str, method: str) -> None:
    before = stage.servers["seed"].requests + stage.registry.requests
    assert stage.ask(method, path, *FORGED).status == 401
    assert stage.ask(method, path, *FORGED, stage.bearer()).status == 404
    assert stage.servers["seed"].requests + stage.registry.requests == before


def test_a_preflight_without_a_token_reaches_no_server(stage: Stage) -> None:
    before = stage.servers["seed"].requests
    preflight = ("access-control-request-method", "POST")
    assert stage.ask("OPTIONS", "/mcp/seed", *FORGED, preflight, ("origin", stage.base)).status == 401
    assert stage.servers["seed"].requests == before


def test_an_underscore_does_not_hide_a_forged_header(entry: Entry) -> None:
    assert entry.call("find", ("x_forwarded_user", "root")).status == 400


@pytest.mark.parametrize(
    "path",
    ["//api/x", "/./api/x", "/x/../api/x", "/servers/../api/x", "/servers/%2e%2e/api/x", "/%61pi/x", "/login/../api/x"],
)
def test_no_detour_leads_to_the_api_without_a_token(stage: Stage, path: str) -> None:
    assert stage.ask("GET", path).status == 401


@pytest.mark.parametrize("path", ["/servers/..%2fapi/x", "/servers/..%5capi/x", "/api%2fx", "/api%00"])
def test_hidden_slashes_are_no_path_at_all(stage: Stage, path: str) -> None:
    assert stage.ask("GET", path).status == 400


def dropping(entry: Entry, named: str) -> Reply:
    """A call whose `Connection` header names other headers, which end at the next hop."""
    sent, drop = message("tools/call", "find"), ("connection", named)
    return entry.ask("POST", "/mcp/seed", *mirrored(sent), entry.bearer(), drop, body=json.dumps(sent).encode())


def test_a_hop_header_cannot_take_the_proof_away(entry: Entry) -> None:
    assert dropping(entry, "authorization, x-forwarded-user").status in (400, 401)


def test_a_hop_header_takes_nothing_away_that_the_proxy_writes(entry: Entry) -> None:
    seen = dropping(entry, "x-forwarded-client-cert, x-forwarded-surface").seen
    assert seen["x-forwarded-surface"] == [entry.client]
    assert ("x-forwarded-client-cert" in seen) is (entry.tls is not None)
