"""Every call is remembered: who did what, what decided, how it ended; and the numbers are those of the records."""

import hashlib
import json
import secrets

from gateway.admin import Admin
from platform_core.testing import PEOPLE
from tests.e2e.edge import ERAS, Edge
from tests.e2e.engine import Engine
from tests.e2e.numbers import counted, exposed, registry_numbers
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited
from tests.gateway.wire import CURRENT, PREVIOUS


async def test_a_call_is_a_record_of_who_did_what_and_how_it_ended(edge: Edge, remembered: Remembered) -> None:
    ana, trace = PEOPLE["ana"], secrets.token_hex(16)
    async with edge.connect("ana", trace=trace) as presto:
        answer = await presto.call_tool("run_query", {"sql": "select 1 as one"})
    record = remembered.call(trace)
    told = {
        "environment": "production", "server": "presto", "method": "tools/call", "tool": "run_query",
        "era": "2026-07-28", "user": "ana", "surface": "cli", "client": "seedbed-cli", "rule": "presto/query",
        "allowed": 1, "outcome": "ok", "arguments": '{"sql":"select 1 as one"}', "minutes": 8.0, "phase": "done",
        "error": None, "stack": None,
    }  # fmt: skip
    assert {name: record[name] for name in told} == told
    assert json.loads(record["groups"]) == sorted(ana.groups)
    assert json.loads(record["business_groups"]) == sorted(ana.business_groups)
    shown = json.dumps(answer.structured_content, separators=(",", ":")).encode()
    assert record["result_digest"] == f"sha256:{hashlib.sha256(shown).hexdigest()}"
    assert record["result_size"] == len(shown)
    assert record["time"] > 0
    assert record["latency_ms"] > 0
    assert record["policy_version"] >= 1
    assert record["server_version"]
    assert record["token_id"]
    assert record["request_id"]


async def test_each_era_leaves_one_record_under_its_own_name(edge: Edge, remembered: Remembered) -> None:
    spoken: list[str] = []
    for era in ERAS:
        trace = secrets.token_hex(16)
        async with edge.connect("ana", "seed", era=era, trace=trace) as seed:
            await seed.list_tools()
            await seed.call_tool("greet", {"word": "Ahoy"})
        spoken.append(remembered.call(trace)["era"])
    assert spoken == [CURRENT, PREVIOUS]


async def test_one_trace_joins_proxy_record_and_engine(edge: Edge, remembered: Remembered, engine: Engine) -> None:
    trace = secrets.token_hex(16)
    async with edge.connect("ana", trace=trace) as presto:
        answer = await presto.call_tool("run_query", {"sql": "select 2 as two"})
    record = remembered.call(trace)
    assert answer.structured_content is not None
    query = engine.query(answer.structured_content["query_id"], "ana")
    assert query["session"]["traceToken"] == trace
    assert f"request={record['request_id']}" in query["session"]["clientTags"]
    [line] = [line for line in remembered.access_all(trace) if line.get("tool") == "run_query"]
    assert line["request_id"] == record["request_id"]
    assert (line["user"], line["azp"], line["server"], line["status"]) == ("ana", "seedbed-cli", "presto", 200)


async def test_the_engine_sees_the_person_and_never_their_token(edge: Edge, engine: Engine) -> None:
    async with edge.connect("ana") as presto:
        answer = await presto.call_tool("run_query", {"sql": "select 3 as three"})
    assert answer.structured_content is not None
    session = engine.query(answer.structured_content["query_id"], "ana")["session"]
    assert (session["user"], session["source"]) == ("ana", "seedbed-presto")
    assert session["credentialsReceived"] is False
    assert not {"authorization", "cookie", "x-trino-extra-credential"} & set(session["headerNames"])
    assert edge.token("ana") not in json.dumps(session)


def test_a_statement_is_checked_before_it_runs(edge: Edge, engine: Engine) -> None:
    mark = secrets.token_hex(4)
    edge.call("run_query", {"sql": f"select 4 as n{mark}"})
    edge.call("run_query", {"sql": f"select missing_{mark}"})
    asked = [text.partition(" (")[0] for text in engine.asked_by("ana").values() if mark in text]
    assert asked == ["EXPLAIN", f"select 4 as n{mark}", "EXPLAIN"]


def test_a_tool_that_fails_counts_as_failed_though_the_answer_is_200(
    stack: Stack, edge: Edge, remembered: Remembered
) -> None:
    remembered.call(edge.call("find_tables", {}).trace)  # records come in order: the earlier ones are here now
    before = registry_numbers(stack)["presto"]
    failed = edge.call("run_query", {"sql": "select nothing from tpch.tiny.nowhere"})
    assert (failed.status, failed.result["isError"]) == (200, True)
    record = remembered.call(failed.trace)
    assert (record["outcome"], record["allowed"], record["error"]) == ("tool_error", 1, "not_found")
    assert registry_numbers(stack)["presto"]["errors"] == before["errors"] + 1


def test_arguments_that_the_schema_refuses_count_as_failed_too(edge: Edge, remembered: Remembered) -> None:
    refused = edge.greet("")
    assert refused.result["isError"]
    assert remembered.call(refused.trace)["outcome"] == "invalid"


def test_a_secret_among_the_arguments_is_not_remembered(edge: Edge, remembered: Remembered) -> None:
    record = remembered.call(edge.greet("AKIAABCDEFGHIJKLMNOP").trace)
    assert record["arguments"] == '{"word":"[redacted]"}'
    [body] = remembered.rows("SELECT result FROM invocation_bodies WHERE id = ?", record["id"])
    assert body["result"] == '{"text":"[redacted], ana!","person":"ana"}'


def test_opening_and_listing_are_no_calls(edge: Edge, remembered: Remembered) -> None:
    assert edge.opens("ana", "seed")
    assert not remembered.rows(
        "SELECT id FROM invocations WHERE outcome != 'denied' "
        "AND method NOT IN ('tools/call', 'resources/read', 'prompts/get')"
    )


def test_a_refusal_at_the_proxy_stands_in_its_log_with_person_tool_and_verdict(
    stack: Stack, edge: Edge, remembered: Remembered
) -> None:
    counter = "http.production-edge.rbac.enforce_.denied"
    before = int(Admin(stack.home.admin_socket).stats(counter)[counter])
    [line] = remembered.access(edge.call("run_query", {"sql": "select 1"}, who="bo").trace)
    assert (line["user"], line["server"], line["tool"], line["status"]) == ("bo", "presto", "run_query", 403)
    assert line["verdicts"]["enforce_enforced_engine_result"] == "denied"
    assert "upstream" not in line
    assert int(Admin(stack.home.admin_socket).stats(counter)[counter]) == before + 1


def test_the_page_of_a_server_shows_the_same_numbers(stack: Stack, edge: Edge, remembered: Remembered) -> None:
    remembered.call(edge.call("find_tables", {}).trace)
    numbers = registry_numbers(stack)["presto"]
    page = edge.page("ana", "/servers/presto")
    assert f"Calls {numbers['calls']:.0f}" in page
    assert f"Failures {numbers['errors']:.0f}" in page


def test_the_numbers_are_those_of_the_records(stack: Stack, edge: Edge, remembered: Remembered) -> None:
    for word in ("one", "two", ""):
        edge.greet(word)
    awaited(lambda: registry_numbers(stack) == counted(stack, remembered), "the numbers fit the records")


def test_a_server_counts_its_own_calls(stack: Stack, edge: Edge) -> None:
    sample = 'seedbed_calls_total{outcome="ok",tool="greet"}'
    before = exposed(stack.inside(stack.socket("seed"), "/metrics")).get(sample, 0)
    edge.greet("counted")
    assert exposed(stack.inside(stack.socket("seed"), "/metrics"))[sample] == before + 1
