"""A record says everything that an auditor asks for, in words that stay."""

import msgspec

from platform_core.telemetry.record import Body, Entry, Outcome, Record

LEAST = Record(
    id="1",
    time=1.0,
    environment="production",
    server="shop",
    server_version="1",
    method="tools/call",
    era="2026-07-28",
    rule="shop/browse",
    allowed=True,
    policy_version=1,
    outcome="ok",
    latency_ms=1.0,
)


def test_the_fields_of_a_record_are_these() -> None:
    """Who, what, what decided, how it ended: a field that goes away is a question nobody can answer any more."""
    assert set(Record.__struct_fields__) == {
        *("id", "time", "environment", "server", "server_version", "method", "tool", "era"),
        *("user", "groups", "business_groups", "surface", "client", "token_id", "channel", "workload"),
        *("request_id", "trace_id", "rule", "allowed", "policy_version", "outcome", "latency_ms"),
        *("arguments", "result_size", "result_digest", "error", "stack", "approval", "minutes"),
    }


def test_a_call_ends_in_one_of_these_ways() -> None:
    ends = {"ok", "tool_error", "denied", "invalid", "exception", "cancelled", "waiting", "unknown"}
    assert set(Outcome.__args__) == ends


def test_the_result_stands_apart_from_the_record() -> None:
    assert set(Entry.__struct_fields__) == {"record", "body", "phase"}
    assert set(Body.__struct_fields__) == {"id", "result"}


def test_an_entry_is_the_same_after_the_wire() -> None:
    entry = Entry(record=LEAST, body=Body(id="1", result="seen"), phase="opened")
    again = msgspec.json.decode(msgspec.json.encode(entry), type=Entry)
    assert msgspec.to_builtins(again) == msgspec.to_builtins(entry)


def test_what_is_not_known_takes_no_room() -> None:
    assert set(msgspec.json.decode(msgspec.json.encode(LEAST))) == {
        *("id", "time", "environment", "server", "server_version", "method", "era"),
        *("rule", "allowed", "policy_version", "outcome", "latency_ms"),
    }
