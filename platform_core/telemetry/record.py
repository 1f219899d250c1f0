"""One call, as it is remembered: who did what, what decided, how it ended."""

from typing import Literal

import msgspec

Outcome = Literal["ok", "tool_error", "denied", "invalid", "exception", "cancelled", "waiting", "unknown"]
"""`waiting`: a person was asked, and nothing ran; `unknown`: a change was begun and nobody saw its end."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One invocation. Times are seconds since the epoch, durations milliseconds, sizes bytes."""

    id: str
    """Made by the server, once: the registry takes a record with the same id only once."""
    time: float
    environment: str
    server: str
    server_version: str
    method: str
    """`mcp.method.name`, e.g. `tools/call`."""
    tool: str | None = None
    """`gen_ai.tool.name`, or the URI or name of a resource or prompt."""
    era: str
    """The protocol version that the call spoke."""
    user: str | None = None
    groups: frozenset[str] = frozenset()
    business_groups: frozenset[str] = frozenset()
    surface: str | None = None
    client: str | None = None
    token_id: str | None = None
    channel: str | None = None
    workload: str | None = None
    """SPIFFE id of a calling service."""
    request_id: str | None = None
    trace_id: str | None = None
    rule: str
    allowed: bool
    policy_version: int
    outcome: Outcome
    latency_ms: float
    arguments: str | None = None
    """Redacted, capped JSON."""
    result_size: int = 0
    result_digest: str | None = None
    error: str | None = None
    """Type of the exception, or the code of the tool's error."""
    stack: str | None = None
    approval: str | None = None
    """The approval that stood before the call, asked for or used."""
    minutes: float = 0.0
    """The owner's estimate in force at the time of the call."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The redacted, capped result of a call; kept apart, for auditors alone."""

    id: str
    result: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the spool and an item of the registry's intake."""

    record: Record
    body: Body | None = None
    phase: Literal["done", "opened"] = "done"
    """A tool that changes data is written down before it runs (`opened`) and again after (`done`), under one id."""
