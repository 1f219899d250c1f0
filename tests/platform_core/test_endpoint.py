"""At the border: who is it, may they come in, and does the request say one thing only."""

import base64
import json

import pytest

from tests.platform_core.issuer import claims, rsa_key, token
from tests.platform_core.open_shop import OpenShop, a_policy, answer_of, as_person, message, wire
from tests.platform_core.shop.diary import diary
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
    forged = [("x-forwarded-groups", '["analyst"]'), ("x-forwarded-surface", "registry"), ("x-seedbed-channel", "x")]
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
    shop.policy = a_policy(issued_at=1, not_after=2)
    answer = shop.call("ana", "look", {"thing": "vase"})
    assert (answer.status_code, answer.json()["rule"]) == (403, "shop/expired")


# -- one thing only


def test_a_name_in_the_header_that_lies_is_refused_and_nothing_runs(shop: OpenShop) -> None:
    headers = [*as_person("ana"), *wire("tools/call", "look")]
    answer = shop.post(message("tools/call", BUY), headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32020)
    assert (diary.lines, list(shop.kept)) == ([], [])


@pytest.mark.parametrize(
    "headers",
    [
        wire("tools/call"),
        wire("tools/list", "buy"),
        [*wire("tools/call", "buy"), ("mcp-name", "look")],
        [*wire("tools/call", "look"), ("mcp-name", "buy")],
        [*wire("tools/call", "buy"), ("mcp-method", "tools/list")],
    ],
    ids=["no name", "another method", "two names", "two names turned", "two methods"],
)
def test_headers_that_say_two_things_are_refused_and_nothing_runs(
    shop: OpenShop, headers: list[tuple[str, str]]
) -> None:
    answer = shop.post(message("tools/call", BUY), [*as_person("ana"), *headers])
    assert answer.status_code == 400
    assert diary.lines == []


def coded(name: str) -> str:
    return f"=?base64?{base64.b64encode(name.encode()).decode()}?="


def test_a_name_in_base64_is_the_tool_that_it_names_and_no_other(shop: OpenShop) -> None:
    """The encoding is legal; the verdict is about the tool that runs."""
    bos = shop.post(message("tools/call", BUY), [*as_person("bo"), *wire("tools/call", coded("buy"))])
    assert answer_of(bos)["result"]["structuredContent"]["rule"] == "shop/gate"
    lie = shop.post(message("tools/call", BUY), [*as_person("ana"), *wire("tools/call", coded("look"))])
    assert lie.status_code == 400
    assert diary.lines == []
    anas = shop.post(message("tools/call", BUY), [*as_person("ana"), *wire("tools/call", coded("buy"))])
    assert not answer_of(anas)["result"].get("isError")
    assert diary.lines == ["buy vase for ana"]


@pytest.mark.parametrize(
    "version", [[("mcp-protocol-version", "2025-11-25")], [("mcp-protocol-version", "2025-03-26")], []]
)
def test_an_older_client_whose_header_lies_is_judged_by_its_body(
    shop: OpenShop, version: list[tuple[str, str]]
) -> None:
    headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream"), *version]
    lie = [*headers, ("mcp-method", "tools/call"), ("mcp-name", "look")]
    answer = shop.post(message("tools/call", BUY, era="legacy"), [*as_person("bo"), *lie])
    assert answer_of(answer)["result"]["structuredContent"]["rule"] == "shop/gate"
    assert diary.lines == []


@both_eras
@pytest.mark.parametrize(("first", "last", "runs"), [("look", "buy", []), ("buy", "look", ["look vase"])])
def test_a_name_that_stands_twice_in_the_body_is_judged_as_it_runs(
    shop: OpenShop, era: Era, first: str, last: str, runs: list[str]
) -> None:
    said = json.dumps(message("tools/call", {"name": "NAME", "arguments": {"thing": "vase"}}, era=era))
    said = said.replace('"name": "NAME"', f'"name": "{first}", "name": "{last}"')
    shop.post(said, [*as_person("bo"), *wire("tools/call", last, era=era)])
    assert diary.lines == runs


def test_blanks_around_a_header_do_not_make_another_name(shop: OpenShop) -> None:
    headers = [(n, f"{v}  " if n.startswith("mcp-") else v) for n, v in wire("tools/call", "look")]
    assert not answer_of(shop.post(message("tools/call", LOOK), [*as_person("ana"), *headers]))["result"].get("isError")


@both_eras
@pytest.mark.parametrize(
    "method",
    [
        *("completion/complete", "logging/setLevel", "resources/subscribe", "subscriptions/listen", "tasks/get"),
        *("sampling/createMessage", "elicitation/create", "nothing/of/the/kind", "", "connect", "TOOLS/CALL"),
    ],
)
def test_a_method_that_nobody_reviewed_is_refused(shop: OpenShop, era: Era, method: str) -> None:
    said = message(method, {"ref": {"type": "ref/prompt", "name": "greeting"}, "level": "debug"}, era=era)
    answer = shop.post(said, [*as_person("ana"), *wire(method, era=era)])
    assert answer.status_code < 500
    error = answer_of(answer)["error"]
    assert error["code"] in {-32010, -32020, -32600, -32601, -32602}
    assert diary.lines == []
    assert not [record for record in records(shop.kept, method) if record.allowed]


@both_eras
def test_a_call_that_wants_no_answer_does_not_run(shop: OpenShop, era: Era) -> None:
    """A notification leaves no record, so it must do nothing."""
    said = message("tools/call", BUY, era=era)
    del said["id"]
    answer = shop.post(said, [*as_person("ana"), *wire("tools/call", "buy", era=era)])
    assert answer.status_code < 500
    assert (diary.lines, list(shop.kept)) == ([], [])


BROKEN = {
    "nothing": "",
    "no json": "{",
    "words": "buy",
    "a number": "7",
    "nothing at all": "null",
    "a list": json.dumps([message("tools/call", BUY)]),
    "half a message": '{"jsonrpc": "2.0", "id": 1}',
    "no object": '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": [1]}',
    "a number for a name": json.dumps(message("tools/call", {"name": 7, "arguments": {}})),
    "a list for arguments": json.dumps(message("tools/call", {"name": "buy", "arguments": ["card"]})),
    "a text for arguments": json.dumps(message("tools/call", {"name": "look", "arguments": "vase"})),
    "bytes": b"\xff\xfe\x00",
    "deep": '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ' + "[" * 50_000,
    "deep arguments": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","arguments":{"thing":'
    + "[" * 20_000
    + "]" * 20_000
    + "}}}",
}


@both_eras
@pytest.mark.parametrize("who", ["ana", "bo"])
@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
def test_a_broken_message_is_refused_clearly_and_the_process_lives(
    shop: OpenShop, era: Era, who: str, said: str | bytes
) -> None:
    answer = shop.post(said, [*as_person(who), *wire("tools/call", "buy", era=era)])
    assert 400 <= answer.status_code < 500 or answer_of(answer).get("error") or answer_of(answer)["result"]["isError"]
    assert answer.status_code < 500
    assert diary.lines == []
    assert shop.call("ana", "look", {"thing": "vase"}, era=era).status_code == 200


@both_eras
@pytest.mark.parametrize("tool", ["look", "walk"])
def test_a_body_of_five_megabytes_is_too_large_and_the_process_lives(shop: OpenShop, era: Era, tool: str) -> None:
    said = message("tools/call", {"name": tool, "arguments": {"thing": "x" * 5_000_000}}, era=era)
    answer = shop.post(said, [*as_person("ana"), *wire("tools/call", tool, era=era)])
    assert answer.status_code == 413
    assert diary.lines == []
    assert shop.call("ana", "look", {"thing": "vase"}, era=era).status_code == 200


@both_eras
def test_a_wrong_host_is_misdirected(shop: OpenShop, era: Era) -> None:
    headers = [("host", "evil.test"), *as_person("ana"), *wire("tools/call", "look", era=era)]
    assert shop.post(message("tools/call", LOOK, era=era), headers).status_code == 421
    assert diary.lines == []


@both_eras
@pytest.mark.parametrize(("origin", "status"), [("http://evil.test", 403), ("null", 403), ("http://shop.test", 200)])
def test_a_page_of_somebody_else_may_not_ask(shop: OpenShop, era: Era, origin: str, status: int) -> None:
    headers = [("origin", origin), *as_person("ana"), *wire("tools/call", "look", era=era)]
    assert shop.post(message("tools/call", LOOK, era=era), headers).status_code == status


@both_eras
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
def test_a_server_is_posted_to_and_nothing_else(shop: OpenShop, era: Era, method: str) -> None:
    answer = shop.send(method, headers=[*as_person("ana"), *wire("tools/call", "look", era=era)])
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "path", ["/", "/mcp/", "/MCP", "/mcp/look", "/mcp/shop", "/health", "/metrics/", "//mcp", "/.env"]
)
def test_there_is_nothing_at_any_other_address(shop: OpenShop, path: str) -> None:
    answer = shop.send("POST", path, content=json.dumps(message("tools/call", LOOK)), headers=as_person("ana"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_health_and_numbers_need_no_token(shop: OpenShop) -> None:
    assert shop.send("GET", "/health/live").json() == {"live": True}
    assert (shop.send("GET", "/health/ready").status_code, shop.send("GET", "/health/ready").json()) == (
        200,
        {"ready": True},
    )
    shop.call("ana", "look", {"thing": "vase"})
    assert 'seedbed_calls_total{outcome="ok",tool="look"}' in shop.send("GET", "/metrics").text


def test_the_proxys_ids_are_in_the_record(shop: OpenShop) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    ids = [("traceparent", f"00-{trace}-b7ad6b7169203331-01"), ("x-request-id", "r-1")]
    shop.post(message("tools/call", LOOK), [*as_person("ana"), *ids, *wire("tools/call", "look")])
    (record,) = records(shop.kept)
    assert (record.trace_id, record.request_id) == (trace, "r-1")


def test_no_record_and_no_answer_holds_the_token(shop: OpenShop) -> None:
    bearer = as_person("ana")[0][1].removeprefix("Bearer ")
    answers = [shop.call("ana", "look", {"thing": "vase"}), shop.call("ana", "stumble", {"how": "crash"})]
    told = repr(shop.kept) + "".join(answer.text for answer in answers)
    assert bearer.split(".")[2] not in told


def test_the_issuers_key_is_the_one_of_the_tests() -> None:
    assert claims()["sub"] == "ana"
    assert rsa_key().key_size == 2048
