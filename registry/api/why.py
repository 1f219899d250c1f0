"""What each layer decided about one request: for whoever made it, and for those who look after the platform."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.principal import Principal
from registry.api.caller import Caller
from registry.auditing import look_at_calls
from registry.parts import Parts, PartsHere
from registry.refused import Refused
from registry.roles import judges
from registry.store import invocations, turned_away
from registry.store.calls import whose
from registry.verdict import how_to_ask

router = APIRouter()
MOST = 50
"""Records of one trace that are shown, the newest ones."""
TraceId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Row = dict[str, Any]
_ENDS = {
    "ok": "it ran and succeeded",
    "tool_error": "it ran, and the tool said that it failed",
    "denied": "refused, nothing ran",
    "invalid": "its arguments were refused, nothing ran",
    "exception": "it crashed",
    "cancelled": "it was cancelled",
    "waiting": "a person was asked first, nothing ran",
    "unknown": "it was begun, and nobody saw its end",
}


class Step(BaseModel):
    """What one layer decided, and what came of it."""

    layer: Literal["proxy", "server"]
    at: datetime
    environment: str
    server: str | None
    what: str | None
    """The method and, where it has one, the tool, resource or prompt."""
    who: str
    allowed: bool
    rule: str
    detail: str
    how_to_ask: str | None = None
    approval: str | None = None
    latency_ms: float | None = None


class Why(BaseModel):
    trace_id: str
    steps: list[Step]


@router.get("/api/why/{trace_id}")
async def why(who: Caller, parts: PartsHere, trace_id: TraceId) -> Why:
    """Say what happened to a request, layer by layer."""
    async with parts.database.reading() as connection:
        refused = _shown_to(who, parts, await turned_away.of_trace(connection, trace_id))
        recorded = _shown_to(who, parts, await invocations.latest(connection, limit=MOST, trace=trace_id))
        steps = [_refused_by_the_proxy(row) for row in refused]
        for number, row in enumerate(reversed(recorded)):
            if number == 0:
                steps.append(_let_through(row))
            steps.append(await _at_the_server(parts, connection, row))
    if others := sorted({whose(row) for row in (*refused, *recorded)} - {who.subject}):
        await look_at_calls(parts, who, trace_id, of=others)
    if not steps:
        detail = f"nothing of yours is known under the trace {trace_id}; a record arrives a few seconds after its call"
        raise Refused(code="not_found", rule="registry/trace", detail=detail)
    return Why(trace_id=trace_id, steps=sorted(steps, key=lambda step: step.at))


def _shown_to(who: Principal, parts: Parts, rows: list[Row]) -> list[Row]:
    if judges(parts, who):
        return rows
    return [row for row in rows if row.get("user") == who.subject]


def _refused_by_the_proxy(row: Row) -> Step:
    return Step(
        layer="proxy",
        at=_moment(row),
        environment=row["environment"],
        server=row["server"],
        what=row["tool"],
        who=whose(row),
        allowed=False,
        rule=row["rule"],
        detail=f"refused ({row['status']}): {row['detail']}",
        how_to_ask=row["how_to_ask"],
    )


def _let_through(row: Row) -> Step:
    return Step(
        layer="proxy",
        at=_moment(row),
        environment=row["environment"],
        server=row["server"],
        what=None,
        who=whose(row),
        allowed=True,
        rule="proxy",
        detail="let through",
    )


async def _at_the_server(parts: Parts, connection: AsyncConnection, row: Row) -> Step:
    standing = await parts.standings.one(connection, row["environment"], row["server"])
    return Step(
        layer="server",
        at=_moment(row),
        environment=row["environment"],
        server=row["server"],
        what=" ".join(word for word in (row["method"], row.get("tool")) if word),
        who=whose(row),
        allowed=row["allowed"],
        rule=row["rule"],
        detail=_ENDS[row["outcome"]],
        how_to_ask=how_to_ask(standing) if standing and not row["allowed"] else None,
        approval=row.get("approval"),
        latency_ms=row["latency_ms"],
    )


def _moment(row: Row) -> datetime:
    return datetime.fromtimestamp(row["time"], UTC)
