"""What servers ask and tell about approvals; behind the socket that only parts of the platform reach."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from platform_core.approval.record import Answer, Approval
from platform_core.approval.remote import PATH, Asking, Taken
from platform_core.approval.store import TooManyWait
from registry.parts import PartsHere
from registry.refused import Refused

router = APIRouter(prefix=PATH)
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
T = TypeVar("T")


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OnForm(_Said):
    """What a person said in a form of the client that called. On the page people answer by themselves."""

    answer: Answer


class Begun(_Said):
    reference: Annotated[str, Field(max_length=1000)]


class Ended(_Said):
    how: Literal["done", "unknown"]


@router.post("")
async def ask(request: Request, parts: PartsHere) -> Response:
    """Keep a question, or return what became of it."""
    try:
        fresh = msgspec.json.decode(await request.body(), type=Approval)
    except msgspec.DecodeError as error:
        raise Refused(code="invalid", rule="registry/approval", detail=f"not a question: {error}") from error
    try:
        return _as_json(Asking(kept=await parts.approvals.ask(fresh)))
    except TooManyWait as full:
        return _as_json(Asking(waiting=full.waiting))


@router.get("/{id}")
async def read(parts: PartsHere, id: Id) -> Response:
    """One approval as it stands."""
    found = await parts.approvals.read(id, now=parts.clock())
    if found is None:
        raise Refused(code="not_found", rule="registry/approval", detail="it was never asked")
    return _as_json(found)


@router.post("/{id}/answer")
async def answer(parts: PartsHere, id: Id, said: OnForm) -> Response:
    return _taken(await parts.approvals.answer(id, said.answer, on="form", now=parts.clock()))


@router.post("/{id}/consume")
async def consume(parts: PartsHere, id: Id) -> Response:
    """Use a yes up: true for one caller, once."""
    return _taken(await parts.approvals.consume(id, now=parts.clock()))


@router.post("/{id}/refer")
async def refer(parts: PartsHere, id: Id, said: Begun) -> Response:
    await parts.approvals.refer(id, said.reference, now=parts.clock())
    return _taken(True)


@router.post("/{id}/end")
async def end(parts: PartsHere, id: Id, said: Ended) -> Response:
    await parts.approvals.end(id, said.how, now=parts.clock())
    return _taken(True)


def _taken(taken: bool) -> Response:
    return _as_json(Taken(taken=taken))


def _as_json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
