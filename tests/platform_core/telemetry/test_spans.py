"""One call, one span, in the trace that the proxy began; without an exporter, none."""

import json
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import trace

from platform_core.telemetry.spans import call_span, exporting
from tests.platform_core.telemetry.traced import TRACEPARENT

_, TRACE, PARENT, _ = TRACEPARENT.split("-")


@pytest.fixture(scope="module")
def spans() -> list[dict[str, Any]]:
    program = [sys.executable, "-W", "error", "-m", "tests.platform_core.telemetry.traced"]
    return json.loads(subprocess.run(program, capture_output=True, check=True, text=True).stdout)


def test_one_call_is_one_span(spans: list[dict[str, Any]]) -> None:
    assert [span["name"] for span in spans[1:]] == [
        "tools/call look",
        "tools/call stumble",
        "tools/call stumble",
        "tools/call look",
    ], "an answer to a listing or a refusal is no call"


def test_its_parent_is_the_proxys_span(spans: list[dict[str, Any]]) -> None:
    assert {(span["trace"], span["parent"]) for span in spans[1:]} == {(TRACE, PARENT)}
    assert {span["kind"] for span in spans} == {"SERVER"}


def test_it_says_who_and_what(spans: list[dict[str, Any]]) -> None:
    assert spans[1]["attributes"] == {
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "look",
        "enduser.id": "ana",
    }


def test_a_call_that_failed_says_how(spans: list[dict[str, Any]]) -> None:
    assert [(span["status"], span["attributes"].get("error.type")) for span in spans[1:]] == [
        ("UNSET", None),
        ("ERROR", "tool_error"),
        ("ERROR", "exception"),
        ("ERROR", "invalid"),
    ]


def test_a_header_that_is_no_trace_context_begins_a_trace_of_its_own(spans: list[dict[str, Any]]) -> None:
    assert spans[0]["parent"] is None
    assert spans[0]["trace"] not in {TRACE, "0" * 32}


def test_without_an_exporter_nothing_is_made() -> None:
    assert not exporting()
    with call_span("tools/call", "look", "ana", TRACEPARENT) as span:
        span.end("ok")
        span.end("exception")
        assert trace.get_current_span() is trace.INVALID_SPAN
