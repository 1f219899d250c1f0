"""At the border of a server: whatever a message says twice, wrongly or not at all, it is one thing or nothing."""

import base64
import json

import pytest

from tests.platform_core.issuer import claims, rsa_key
from tests.platform_core.open_shop import OpenShop, answer_of, as_person, message, wire
from tests.platform_core.shop.diary import diary
from tests.platform_core.visits import Era, both_eras, records

LOOK = {"name": "look", "arguments": {"thing": "vase"}}
BUY = {"name": "buy", "arguments": {"thing": "vase"}}


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
