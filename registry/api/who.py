"""Who did what, in one look-up: by the id of a trace, of a backend's query, application or run, or of a record."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, JsonValue

from platform_core.audit import Line
from platform_core.auth.principal import Principal
from registry.api.caller import Caller
from registry.auditing import look_at_calls
from registry.parts import Parts, PartsHere
from registry.refused import Refused
from registry.roles import has_role, judges
from registry.store import audit, calls
from registry.store.audit import Sought
from registry.store.calls import whose

router = APIRouter()
MOST = 50
Known = Annotated[str, Path(min_length=4, max_length=256)]


class Call(BaseModel):
    """One call: who, what, with which arguments, and how it ended."""

    id: str
    at: datetime
    environment: str
    server: str
    what: str
    who: str
    surface: str | None
    client: str | None
    arguments: JsonValue
    """Redacted; gone after some days."""
    allowed: bool
    rule: str
    outcome: str
    latency_ms: float
    approval: str | None
    trace_id: str | None


class Found(BaseModel):
    id: str
    calls: list[Call]
    audit: list[Line]
    """What the audit log says of the id itself, for auditors."""


@router.get("/api/who/{id:path}")
async def who_did(who: Caller, parts: PartsHere, id: Known) -> Found:
    """Say who did it. Your own calls are yours to see; those of others are for auditors, operators and reviewers."""
    return await look_up(parts, who, id)


async def look_up(parts: Parts, who: Principal, id: str) -> Found:
    """What is known under `id` and shown to `who`. A look at others' calls is written down. Raises `Refused`."""
    async with parts.database.reading() as connection:
        rows = await calls.known_as(connection, id, most=MOST)
        lines = await audit.newest(connection, Sought(about=id), most=MOST) if has_role(parts, who, "auditor") else []
    if not judges(parts, who):
        rows = [row for row in rows if row["user"] == who.subject]
    if not rows and not lines:
        detail = f"nothing of yours is known as {id}; a record arrives a few seconds after its call"
        raise Refused(code="not_found", rule="registry/call", detail=detail)
    if others := sorted({whose(row) for row in rows} - {who.subject}):
        await look_at_calls(parts, who, id, of=others)
    return Found(id=id, calls=[told(row) for row in rows], audit=lines)


def told(row: dict[str, Any]) -> Call:
    """A record as it is shown."""
    said = {"at": datetime.fromtimestamp(row["time"], UTC), "who": whose(row), "arguments": _read(row["arguments"])}
    what = " ".join(word for word in (row["method"], row["tool"]) if word)
    return Call.model_validate(row | said | {"what": what})


def _read(arguments: str | None) -> JsonValue:
    try:
        return json.loads(arguments) if arguments else None
    except ValueError:  # cut at its cap
        return arguments
