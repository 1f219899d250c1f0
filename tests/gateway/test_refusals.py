"""Whoever is turned away learns what happened and what to do next, in one form."""

import pytest

from tests.gateway.artefacts import artefact
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import refused


def test_a_call_without_a_token_is_told_where_to_log_in(stage: Stage) -> None:
    reply = stage.call("find", who=None)
    document = f"{stage.base}/.well-known/oauth-protected-resource/mcp/seed"
    assert refused(reply, 401, "unauthenticated")
    assert reply.headers["www-authenticate"] == f'Bearer error="invalid_token", resource_metadata="{document}"'
    assert reply.headers["content-type"] == "application/json"


def test_a_contractor_is_refused_at_connect_and_told_whom_to_ask(stage: Stage) -> None:
    reply = stage.call("find", who="carl")
    assert refused(reply, 403, "authorization_denied")
    assert (reply.body["server"], reply.body["rule"]) == ("seed", "seed/default-deny")
    assert reply.body["how_to_ask"] == f"ask platform in #ask-platform, or see {stage.base}/servers/seed"


def test_a_refusal_carries_the_trace_of_the_caller(stage: Stage) -> None:
    trace = "0123456789abcdef0123456789abcdef"
    reply = stage.call("find", ("traceparent", f"00-{trace}-0123456789abcdef-01"), who="carl")
    assert reply.body["trace_id"] == trace


def test_the_server_gets_the_same_trace(stage: Stage) -> None:
    trace = "0123456789abcdef0123456789abcdef"
    reply = stage.call("find", ("traceparent", f"00-{trace}-0123456789abcdef-01"))
    assert reply.seen["traceparent"][0][3:35] == trace


def test_an_unregistered_server_does_not_exist(stage: Stage) -> None:
    assert refused(stage.call("find", server="nowhere"), 404, "unknown_server")


def test_an_unknown_path_asks_for_a_token_before_it_says_so(stage: Stage) -> None:
    reply = stage.call("find", server="nowhere", who=None)
    assert refused(reply, 401, "unauthenticated")
    assert reply.headers["www-authenticate"].endswith('/.well-known/oauth-protected-resource"')


@pytest.mark.parametrize(
    "path", ["/mcp/seed/", "/mcp/seed/x", "/mcp/seed2", "/mcp", "/MCP/seed", "/api2", "/loginx", "/mee"]
)
def test_paths_that_only_look_like_ours_lead_nowhere(stage: Stage, path: str) -> None:
    assert refused(stage.ask("POST", path, stage.bearer()), 404, "unknown_server")


@pytest.mark.parametrize("host", ["evil.test", "localhost", "127.0.0.1.evil.test", "127.0.0.1.", "[::1]"])
@pytest.mark.parametrize("who", [None, "ana"])
def test_a_foreign_host_is_misdirected(stage: Stage, host: str, who: str | None) -> None:
    proof = [stage.bearer(who)] if who else []
    assert refused(stage.ask("POST", "/mcp/seed", *proof, host=host), 421, "misdirected")


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize("who", [None, "ana"])
def test_a_page_from_elsewhere_is_refused_before_anything_else(stage: Stage, origin: str, who: str | None) -> None:
    assert refused(stage.call("find", ("origin", origin), who=who), 403, "origin_not_allowed")


def test_of_two_origins_one_listed_is_not_enough(stage: Stage) -> None:
    reply = stage.call("find", ("origin", stage.base), ("origin", "https://evil.test"))
    assert refused(reply, 403, "origin_not_allowed")


def test_our_own_pages_may_call(stage: Stage) -> None:
    assert stage.call("find", ("origin", stage.base)).status == 200


def test_the_anonymous_catalogue_answers_pages_from_anywhere(stage: Stage) -> None:
    assert stage.ask("GET", "/v0.1/servers", ("origin", "https://elsewhere.test")).status == 200
    assert refused(stage.ask("GET", "/servers", ("origin", "https://elsewhere.test")), 403, "origin_not_allowed")


@pytest.mark.parametrize("azp", ["web-chat", "seedbed-cli-dev", "seedbed-cli ", ["seedbed-cli"], None])
def test_a_token_of_another_client_is_not_taken(stage: Stage, azp: object) -> None:
    reply = stage.call("find", token=stage.issuer.token(azp=azp))
    assert refused(reply, 403, "client_not_allowed")
    assert reply.body["rule"] == "client-production-edge"


def test_the_catalogue_asks_for_a_token_of_ours_too(stage: Stage) -> None:
    assert refused(stage.ask("GET", "/api/catalog"), 401, "unauthenticated")
    assert refused(stage.ask("GET", "/api/catalog", stage.bearer(azp="web-chat")), 403, "client_not_allowed")
    assert stage.ask("GET", "/api/catalog", stage.bearer()).body["echo"] == "registry"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_another_method_than_post_is_answered_in_a_form_that_clients_know(stage: Stage, method: str) -> None:
    reply = stage.ask(method, "/mcp/seed", stage.bearer())
    assert refused(reply, 405, "method_not_allowed")
    assert reply.headers["allow"] == "POST"


def test_a_server_that_is_not_ready_gets_no_calls_until_it_is(stage: Stage) -> None:
    server = stage.servers["wavering"]
    stage.desk.put(artefact(server="wavering"))
    eventually(lambda: stage.call("find", server="wavering").status == 200, "the server is reached")
    server.ready = False
    eventually(lambda: refused(stage.call("find", server="wavering"), 503, "unavailable"), "the proxy looks away")
    before = server.requests
    assert stage.call("find", server="wavering").status == 503
    assert server.requests == before
    server.ready = True
    eventually(lambda: stage.call("find", server="wavering").status == 200, "the proxy looks back")
