"""What goes over the wire, in the keys of Trino's protocol."""

import json
import time
from typing import Any

from deploy.local.coordinator.catalog.system import VERSION
from deploy.local.coordinator.exchange import Exchange, Page
from deploy.local.coordinator.query import Query, State


def answer(exchange: Exchange, page: Page, base: str) -> bytes:
    """One answer to a client that came by the address `base`."""
    query = exchange.query
    told: dict[str, Any] = {"id": query.id, "infoUri": f"{base}/ui/query.html?{query.id}"}
    if page.next is not None:
        step = page.next
        path = f"{step.phase}/{query.id}/{exchange.slug(step)}/{step.token}"
        told["nextUri"] = f"{base}/v1/statement/{path}"
    if page.columns and query.columns:
        told["columns"] = [
            {"name": c.name, "type": c.type.label, "typeSignature": c.type.signature} for c in query.columns
        ]
    told["stats"] = statistics(query)
    if query.error is not None and page.next is None:
        told["error"] = query.error.wire()
    told["warnings"] = []
    if query.plan is not None and query.plan.update_type is not None:
        told["updateType"] = query.plan.update_type
    if query.update_count is not None:
        told["updateCount"] = query.update_count
    text = json.dumps(told).encode()
    return text if page.data is None else text[:-1] + b', "data": ' + page.data + b"}"


def headers(query: Query) -> dict[str, str]:
    """What the client shall keep for its next statements."""
    return dict(query.plan.headers) if query.plan else {}


def statistics(query: Query) -> dict[str, Any]:
    """How far the query is. There is one split: all of DuckDB."""
    clock, progress = query.clock, query.progress()
    running, done = query.state is State.RUNNING, query.ended
    read = sum(scan.table.statistics.rows for scan in query.plan.scans if scan.table.statistics) if query.plan else 0
    told: dict[str, Any] = {
        "state": query.state.value,
        "queued": query.state is State.QUEUED,
        "scheduled": running or query.state is State.FINISHED,
        "nodes": int(query.state is not State.QUEUED),
        "totalSplits": 1,
        "queuedSplits": int(not running and not done),
        "runningSplits": int(running),
        "completedSplits": int(done),
        "planningTimeMillis": clock.millis(clock.planning, clock.running),
        "analysisTimeMillis": 0,
        "cpuTimeMillis": clock.millis(clock.running, None),
        "wallTimeMillis": clock.millis(clock.running, None),
        "queuedTimeMillis": clock.millis(clock.created, clock.planning),
        "elapsedTimeMillis": clock.millis(clock.created, None),
        "finishingTimeMillis": 0,
        "physicalInputTimeMillis": 0,
        "processedRows": int(read * progress / 100),
        "processedBytes": 0,
        "physicalInputBytes": 0,
        "physicalWrittenBytes": 0,
        "internalNetworkInputBytes": 0,
        "peakMemoryBytes": 0,
        "spilledBytes": 0,
    }
    if told["scheduled"]:
        told |= {"progressPercentage": progress, "runningPercentage": 100.0 if running else 0.0}
    return told


def description(query: Query) -> dict[str, Any]:
    """`GET /v1/query/ID`: who asked for what, and what became of it."""
    error = query.error
    failed = (
        {} if error is None else {"errorType": error.code.kind, "errorCode": error.wire()["failureInfo"]["errorInfo"]}
    )
    return {
        "queryId": query.id,
        "session": query.session.facts(),
        "state": query.state.value,
        "query": query.text,
        "updateType": query.plan.update_type if query.plan else None,
        "queryStats": statistics(query),
        **failed,
    }


def information(started: float) -> dict[str, Any]:
    """`GET /v1/info`."""
    return {
        "nodeVersion": {"version": VERSION},
        "environment": "local",
        "coordinator": True,
        "starting": False,
        "uptime": f"{(time.monotonic() - started) / 60:.2f}m",
    }
