"""At the border: who is it, may they come in, and does the request say one thing only."""

import base64
import json

import pytest

from tests.platform_core.issuer import token
from tests.platform_core.open_shop import OpenShop, answer_of, as_person, message, wire
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.wish import the_wish
from tests.platform_core.telemetry.test_metrics import of
from tests.platform_core.visits import VERSIONS, Era, both_eras, fields_of, records

LOOK = {"name": "look", "arguments": {"thing": "vase"}}
BUY = {"name": "buy", "arguments": {"thing": "vase"}}


# -- who is it


@both_eras
@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", f"Basic {base64.b64encode(b'ana:x').decode()}")],
        [("authorization", token("ana"))],
        [("authorization", f"Bearer {token('ana')[:-4]}AAAA")],
        [("authorization", f"Bearer {token('ana', aud='other')}")],
        [("authorization", f"Bearer {token('ana', exp=1)}")],
        [("authorization", "Bearer t\u00f6k\u00ebn")],
        [("cookie", f"token={token('ana')}")],
    ],
    ids=["none", "empty", "no token", "blank", "basic", "no scheme", "forged", "elsewhere", "old", "odd", "cookie"],
)
def test_without_a_token_that_proves_something_nothing_happens(
    shop: OpenShop, era: Era, headers: list[tuple[str, str]]
) -> None:
    everything = [*headers, ("x-forwarded-user", "ana"), *wire("tools/call", "look", era=era)]
    answer = shop.post(message("tools/call", LOOK, era=era), everything)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert diary.lines == []


def test_the_challenge_says_where_to_log_in(shop: OpenShop) -> None:
    answer = shop.post(message("ping"), wire("ping"))
    assert answer.headers["www-authenticate"] == (
        'Bearer error="invalid_token", '
        'resource_metadata="http://shop.test/.well-known/oauth-protected-resource/mcp/shop"'
    )
    assert answer.json() == {
        "code": "unauthenticated",
        "rule": "shop/token",
        "detail": "no bearer token; log in first",
        "server": "shop",
        "how_to_ask": None,
        "trace_id": None,
    }


def test_a_token_in_the_address_is_no_token(shop: OpenShop) -> None:
    answer = shop.send("POST", f"/mcp?access_token={token('ana')}", headers=[("x-forwarded-user", "ana")])
    assert answer.status_code == 401


@both_eras
@pytest.mark.parametrize("name", ["authorization", "x-forwarded-user", "mcp-protocol-version"])
def test_what_must_be_said_once_is_not_said_twice(shop: OpenShop, era: Era, name: str) -> None:
    headers = [*as_person("ana"), *wire("tools/call", "look", era=era)]
    (again,) = [header for header in headers if header[0] == name]
    answer = shop.post(message("tools/call", LOOK, era=era), [*headers, again])
    assert (answer.status_code, answer.json()["detail"]) == (401, f"{name} came twice")
    assert diary.lines == []


def test_two_people_in_one_request_are_nobody(shop: OpenShop) -> None:
    headers = [*as_person("bo"), *as_person("ana"), *wire("tools/call", "buy")]
    assert shop.post(message("tools/call", BUY), headers).status_code == 401


@pytest.mark.parametrize("user", [None, "", "bo", "ANA", "ana ana", "ana,bo"])
def test_a_request_that_did_not_come_by_the_proxy_is_refused(
    shop: OpenShop, user: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    headers = [as_person("ana")[0], *([("x-forwarded-user", user)] if user is not None else [])]
    answer = shop.post(message("tools/call", LOOK), [*headers, *wire("tools/call", "look")])
    assert (answer.status_code, answer.json()["rule"]) == (403, "shop/identity")
    assert "somebody reached the socket past it" in caplog.text
    assert diary.lines == []


def test_a_header_that_names_groups_or_a_surface_is_not_believed(shop: OpenShop) -> None:
    forged = [("x-forwarded-groups", '["analyst"]'), ("x-forwarded-surface", "registry")]
    answer = shop.post(message("tools/call", BUY), [*as_person("bo"), *forged, *wire("tools/call", "buy")])
    assert answer_of(answer)["result"]["structuredContent"]["rule"] == "shop/gate"
    assert records(shop.kept)[0].surface == "cli"


def test_the_scheme_may_be_written_in_any_case(shop: OpenShop) -> None:
    headers = [("authorization", f"bearer {token('ana')}"), ("x-forwarded-user", "ana"), *wire("tools/call", "look")]
    assert shop.post(message("tools/call", LOOK), headers).status_code == 200


def test_a_refusal_at_the_border_carries_the_trace_and_is_counted(shop: OpenShop) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    before = of(shop.layer.metrics, "seedbed_refusals_total", reason="token")
    answer = shop.post(message("ping"), [("traceparent", f"00-{trace}-b7ad6b7169203331-01"), *wire("ping")])
    assert answer.json()["trace_id"] == trace
    assert of(shop.layer.metrics, "seedbed_refusals_total", reason="token") == before + 1


# -- may they come in


@both_eras
@pytest.mark.parametrize("who", ["carl", "ada", "olu"])
@pytest.mark.parametrize("said", ["{}", "not json", json.dumps(message("tools/call", LOOK))])
def test_a_contractor_and_everybody_outside_of_the_group_is_refused_at_connect(
    shop: OpenShop, era: Era, who: str, said: str
) -> None:
    """Before the protocol: whatever the body says, the answer is the same."""
    answer = shop.post(said, [*as_person(who), *wire("tools/call", "look", era=era)])
    assert answer.status_code == 403
    refusal = answer.json()
    assert (refusal["code"], refusal["rule"]) == ("authorization_denied", "shop/gate")
    assert refusal["how_to_ask"] == "ask shopkeepers in #ask-shop"
    assert diary.lines == []
    (record,) = records(shop.kept, "connect")
    assert (record.user, record.outcome, record.allowed, record.era) == (who, "denied", False, VERSIONS[era])


@both_eras
async def test_the_real_client_gets_in_and_is_who_it_is(shop: OpenShop, era: Era) -> None:
    async with shop.visit("ana", era=era) as visit:
        assert not (await visit.call_tool("buy", {"thing": "vase"})).is_error
    async with shop.visit("bo", era=era) as visit:
        assert fields_of(await visit.call_tool("buy", {"thing": "vase"}))["rule"] == "shop/gate"
    assert diary.lines == ["buy vase for ana"]


def test_a_policy_that_ran_out_answers_403(shop: OpenShop) -> None:
    shop.policy = the_wish(issued_at=1, not_after=2)
    answer = shop.call("ana", "look", {"thing": "vase"})
    assert (answer.status_code, answer.json()["rule"]) == (403, "shop/expired")
