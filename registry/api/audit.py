"""The audit log, for auditors: searched, read whole and verified by whoever has it; and the results of calls."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from platform_core.audit import Line
from registry.api.caller import Caller
from registry.auditing import look_at_body
from registry.parts import Parts, PartsHere
from registry.roles import in_role
from registry.store import audit, erasing
from registry.store.audit import Sought

router = APIRouter()
AT_ONCE = 500
Word = Annotated[str | None, Query(min_length=1, max_length=256)]


class Lines(BaseModel):
    """Newest first; `next` is the `before` of the page after this one."""

    lines: list[Line]
    next: int | None


@router.get("/api/audit")
async def search(
    who: Caller,
    parts: PartsHere,
    actor: Word = None,
    about: Word = None,
    act: Word = None,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Lines:
    """Say who did what: by one person, about one thing, or of one kind."""
    await in_role(parts, who, "auditor")
    async with parts.database.reading() as connection:
        found = await audit.newest(connection, Sought(actor=actor, about=about, act=act, before=before), most=limit)
    return Lines(lines=found, next=found[-1].number if len(found) == limit else None)


@router.get("/api/audit/export", response_class=StreamingResponse)
async def export(who: Caller, parts: PartsHere) -> StreamingResponse:
    """The whole log in its order, a line each: what `seedbed audit verify` reads."""
    await in_role(parts, who, "auditor")
    return StreamingResponse(_whole(parts), media_type="application/x-ndjson")


async def _whole(parts: Parts) -> AsyncGenerator[str]:
    number = 0
    while True:
        async with parts.database.reading() as connection:
            some = await audit.lines(connection, after=number, most=AT_ONCE)
        if not some:
            return
        yield "".join(f"{line.model_dump_json()}\n" for line in some)
        number = some[-1].number


class Body(BaseModel):
    call: str
    result: str | None
    """Redacted and cut; nothing where the call answered nothing, or it is forgotten."""


@router.get("/api/calls/{id}/body")
async def body(who: Caller, parts: PartsHere, id: str) -> Body:
    """Show what a call answered. The look stands in the audit log before it is shown."""
    return Body(call=id, result=await look_at_body(parts, who, id))


class Ask(BaseModel):
    person: Annotated[str, Field(min_length=1, max_length=256)]
    """Their login."""
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class Erasing(BaseModel):
    alias: str
    """What stands in the name's place."""


@router.post("/api/erasures", status_code=202)
async def erase(who: Caller, parts: PartsHere, ask: Ask) -> Erasing:
    """Take somebody's name out of records and audit log; what was counted stays. It is done within minutes."""
    await in_role(parts, who, "operator")
    async with parts.database.writing() as connection:
        alias = await erasing.ask(connection, person=ask.person, by=who.subject, reason=ask.reason, now=parts.clock())
    parts.retention.look_now()
    return Erasing(alias=alias)
