"""Records of calls, as a server's spool ships them."""

import time
from typing import Any

from platform_core.telemetry.record import Record


def record(number: int | str, **changed: Any) -> dict[str, Any]:
    """One record on the wire: a successful `run_query` of ana, with fields changed at will."""
    fields: dict[str, Any] = {
        "id": f"call-{number}", "time": time.time(), "environment": "production", "server": "presto",
        "server_version": "1.0.0", "method": "tools/call", "tool": "run_query", "era": "2026-07-28", "user": "ana",
        "groups": ("data-engineering",), "business_groups": ("finance",), "surface": "cli", "client": "seedbed-cli",
        "rule": "presto/execute", "allowed": True, "policy_version": 1, "outcome": "ok", "latency_ms": 12.5,
        "arguments": '{"sql": "select 1"}', "minutes": 4.0,
    }  # fmt: skip
    assert Record(**(fields | changed))
    return fields | changed


def entry(number: int | str, *, phase: str = "done", body: str | None = None, **changed: Any) -> dict[str, Any]:
    """A record as the spool ships it."""
    kept = record(number, **changed)
    return {"record": kept, "phase": phase, "body": {"id": kept["id"], "result": body} if body else None}
