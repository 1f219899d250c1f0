"""Approvals by token: a person's programs may read what waits for the person, and never answer it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from platform_core.approval.record import Approval, State
from registry.api.caller import Caller
from registry.approvals import answering
from registry.parts import Parts, PartsHere
from registry.refused import Refused
from registry.store import approvals

router = APIRouter()
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class Asked(BaseModel):
    """One question, and what became of it."""

    id: str
    url: str
    """Where people answer it."""
    state: State
    environment: str
    server: str
    tool: str
    subject: str
    client: str
    surface: str
    agent: str | None
    approvers: str | None
    question: str
    target: str
    effect: str
    arguments: str
    risk: str
    asked_at: float
    expires_at: float
    answered_at: float | None
    answered_by: str | None
    begun_at: float | None
    ended_at: float | None
    reference: str | None
    after: str | None
    trace_id: str | None


class Approvals(BaseModel):
    approvals: list[Asked]


@router.get("/api/approvals")
async def listed(
    who: Caller, parts: PartsHere, answered: Annotated[bool, Query(description="The latest, answered or not.")] = False
) -> Approvals:
    """What waits for the caller; or the latest that they were asked, whatever became of it."""
    if not answered:
        return Approvals(approvals=[_asked(parts, one) for one in await answering.waiting(parts, who)])
    async with parts.database.reading() as connection:
        found = await approvals.latest(connection, who.subject, now=parts.clock(), most=100)
    return Approvals(approvals=[_asked(parts, one) for one in found])


@router.get("/api/approvals/{id}")
async def one(who: Caller, parts: PartsHere, id: Id) -> Asked:
    """One approval, for somebody whom it asks."""
    return _asked(parts, await answering.find(parts, who, id))


@router.post("/api/approvals/{id}", status_code=403)
async def never(who: Caller, parts: PartsHere, id: Id) -> None:
    """Always refused: no token says yes or no for a person."""
    found = await answering.find(parts, who, id)
    detail = "a question is answered by a person in a browser; no token answers it, because an agent could hold one"
    how = f"open {_url(parts, found)}"
    raise Refused(code="authorization_denied", rule="registry/approval-in-person", detail=detail, how_to_ask=how)


def _asked(parts: Parts, found: Approval) -> Asked:
    bound, shown = found.bound, found.shown
    known: dict[str, Any] = {
        name: getattr(part, name)
        for part in (found, bound, shown)
        for name in Asked.model_fields
        if hasattr(part, name) and not (part is bound and name == "arguments")
    }
    return Asked(**known, url=_url(parts, found))


def _url(parts: Parts, found: Approval) -> str:
    return f"{parts.platform.base}/approvals/{found.id}"
