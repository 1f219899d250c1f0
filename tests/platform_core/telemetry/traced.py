"""Calls tools with an exporter set up and prints the spans as JSON; a process of its own, since that is global."""

import asyncio
import json
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from platform_core.call import Call, current_call
from platform_core.experiment import unreviewed
from platform_core.telemetry.spans import call_span
from platform_core.testing.connect import Kept
from platform_core.testing.people import PEOPLE
from tests.platform_core.shop.server import server

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def told(span: ReadableSpan) -> dict[str, Any]:
    """A span as JSON."""
    context = span.get_span_context()
    return {
        "name": span.name,
        "kind": span.kind.name,
        "trace": f"{context.trace_id:032x}" if context else None,
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "status": span.status.status_code.name,
        "attributes": dict(span.attributes or {}),
    }


async def calls() -> None:
    """Every way a call can end, each after the other."""
    from mcp import Client

    composed = server.compose(unreviewed(server, Kept()))
    current_call.set(Call(principal=PEOPLE["ana"].calling_from(), traceparent=TRACEPARENT))
    async with Client(composed) as shop:
        await shop.list_tools()
        await shop.call_tool("look", {"thing": "vase"})
        await shop.call_tool("stumble", {"how": "expected"})
        await shop.call_tool("stumble", {"how": "crash"})
        await shop.call_tool("look", {})
        await shop.call_tool("keep_out", {})


def main() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    with call_span("tools/call", "look", "ana", "not a traceparent"):
        pass
    asyncio.run(calls())
    print(json.dumps([told(span) for span in exporter.get_finished_spans()]))


if __name__ == "__main__":
    main()
