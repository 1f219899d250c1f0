"""The catalogue for IDEs: anybody reads it, a token that is shown must hold, a name may be written in two ways."""

import json

import pytest

from tests.gateway.stage import Stage
from tests.gateway.test_identity_headers import FORGED, forged_values
from tests.gateway.test_tokens import WORTHLESS
from tests.gateway.wire import FORM, refused, refused_to_ides

NAMES = "/v0.1/servers/internal.seedbed%2Fseed"


@pytest.mark.parametrize("path", ["/v0.1/servers", f"{NAMES}/versions"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_whoever_shows_no_token_is_nobody(stage: Stage, path: str, method: str) -> None:
    reply = stage.ask(method, path, *FORGED, ("origin", "https://elsewhere.test"))
    assert (reply.status, reply.body["echo"]) == (200, "registry")
    assert not forged_values(reply.seen)
    assert not {"authorization", "x-forwarded-user", "x-forwarded-groups", "x-forwarded-surface"} & reply.seen.keys()


@pytest.mark.parametrize("path", ["/v0.1/servers", f"{NAMES}/versions/latest"])
def test_a_person_who_shows_a_token_is_known_to_the_registry(stage: Stage, path: str) -> None:
    bearer = stage.bearer("bo")
    reply = stage.ask("GET", path, *FORGED, bearer)
    assert (reply.seen["x-forwarded-user"], reply.seen["authorization"]) == (["bo"], [bearer[1]])
    assert not forged_values(reply.seen)


@pytest.mark.parametrize("fault", WORTHLESS)
def test_a_token_that_does_not_hold_is_refused_with_a_reason(stage: Stage, fault: str) -> None:
    before = stage.registry.requests
    token = WORTHLESS[fault](stage.issuer)
    reply = stage.ask("GET", "/v0.1/servers", ("authorization", f"Bearer {token}"))
    assert refused_to_ides(reply, 401, "unauthenticated")
    assert reply.body["detail"]
    assert "/.well-known/oauth-protected-resource/api" in reply.headers["www-authenticate"]
    assert reply.headers["access-control-allow-origin"] == "*"
    assert stage.registry.requests == before


@pytest.mark.parametrize("authorization", ["Basic YW5hOmFuYQ==", "Bearer", "Bearer ", "bearer x", "x"])
def test_a_header_that_holds_no_bearer_is_no_anonymous_request(stage: Stage, authorization: str) -> None:
    reply = stage.ask("GET", "/v0.1/servers", ("authorization", authorization))
    assert refused_to_ides(reply, 401, "unauthenticated")


def test_two_tokens_are_one_too_many(stage: Stage) -> None:
    assert refused_to_ides(
        stage.ask("GET", "/v0.1/servers", stage.bearer("ana"), stage.bearer("bo")), 401, "unauthenticated"
    )


@pytest.mark.parametrize("azp", ["web-chat", "seedbed-cli-dev", None])
def test_a_token_of_another_door_is_not_taken(stage: Stage, azp: object) -> None:
    reply = stage.ask("GET", "/v0.1/servers", stage.bearer(azp=azp))
    assert refused_to_ides(reply, 403, "client_not_allowed")
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (f"{NAMES}/versions", "internal.seedbed/seed/versions"),
        ("/v0.1/servers/internal.seedbed%2fseed/versions/latest", "internal.seedbed/seed/versions/latest"),
        ("/v0.1/servers/internal.seedbed/seed/versions", "internal.seedbed/seed/versions"),
        (f"{NAMES}/versions/1.0.0%2Bbuild", "internal.seedbed/seed/versions/1.0.0+build"),
        (f"{NAMES}/versions/1.0.0+build?include_deleted=true&x=%2F", "internal.seedbed/seed/versions/1.0.0+build"),
        (f"{NAMES}/status", "internal.seedbed/seed/status"),
    ],
)
def test_a_name_is_read_encoded_and_plain(stage: Stage, path: str, read: str) -> None:
    assert stage.ask("GET", path).body["path"] == f"/v0.1/servers/{read}"


@pytest.mark.parametrize(
    "path",
    [
        *("/v0.1/servers%2Fx", "/v0.1%2Fservers", "/v0.1/servers/a%2Fb%2Fc/versions", "/v0.1/servers/a%5Cb/versions"),
        *("/v0.1/servers/a%2Fb/versions/1%2F2", "/v0.1/servers/a%2Fb/versions/1%5c2", "/v0.1/servers/%2F/versions"),
        *("/v0.1/servers/a/b%2Fc", "/api/catalog%2Fx", "/static/..%2f..%2fapi", "/mcp%2Fseed", "/mcp/seed%2F"),
        *("/servers/..%2fapi/x", "/servers/..%5capi/x", "/api%2fx", "/v0.1/publish%2Fx", "/elsewhere%2F"),
    ],
)
@pytest.mark.parametrize("who", [None, "ana"])
def test_a_hidden_slash_is_refused_everywhere_else(stage: Stage, path: str, who: str | None) -> None:
    before = stage.registry.requests + stage.servers["seed"].requests
    reply = stage.ask("GET", path, *([stage.bearer(who)] if who else []))
    form = refused_to_ides if path.startswith("/v0.1") else refused
    assert form(reply, 400, "malformed")
    assert stage.registry.requests + stage.servers["seed"].requests == before


@pytest.mark.parametrize(
    "path", ["/v0.1/servers/a%2Fb/../../../api/catalog", "/v0.1/servers/%2e%2e/%2e%2e/api/catalog"]
)
def test_no_detour_by_a_name_leads_to_the_api_without_a_token(stage: Stage, path: str) -> None:
    assert refused(stage.ask("GET", path), 401, "unauthenticated")


def test_other_doors_take_no_hidden_slash_at_all(stage: Stage) -> None:
    for entry in (stage.edge("dev"), stage.web_chat(), stage.web_chat("dev")):
        assert entry.ask("GET", f"{NAMES}/versions", entry.bearer()).status == 400


def test_a_foreign_host_is_told_in_both_forms_too(stage: Stage) -> None:
    assert refused_to_ides(stage.ask("GET", "/v0.1/servers", host="elsewhere.test"), 421, "misdirected")


def test_a_refusal_elsewhere_is_for_no_page(stage: Stage) -> None:
    reply = stage.ask("GET", "/api/catalog")
    assert (reply.body.keys(), "access-control-allow-origin" in reply.headers) == (FORM, False)
    assert "METADATA" not in json.dumps(dict(reply.headers))
