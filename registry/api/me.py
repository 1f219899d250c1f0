"""What is kept of one's own calls: everybody's own business."""

import base64
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from registry.api.caller import Caller
from registry.api.who import Call, told
from registry.parts import PartsHere
from registry.refused import Refused
from registry.store import calls
from registry.store.calls import Place

router = APIRouter()


class Mine(BaseModel):
    """Newest first; `next` is the `after` of the page after this one."""

    person: str
    calls: list[Call]
    next: str | None


@router.get("/api/me/calls")
async def my_calls(
    who: Caller,
    parts: PartsHere,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Mine:
    """Your own calls as they are recorded, and nobody else's."""
    async with parts.database.reading() as connection:
        rows = await calls.of_person(connection, who.subject, after=place_of(after), most=limit)
    more = after_place(rows[-1]["time"], rows[-1]["id"]) if len(rows) == limit else None
    return Mine(person=who.subject, calls=[told(row) for row in rows], next=more)


def after_place(time: float, id: str) -> str:
    """Where a list goes on, as it stands in an address."""
    return base64.urlsafe_b64encode(f"{time!r} {id}".encode()).decode().rstrip("=")


def place_of(after: str | None) -> Place | None:
    """The place behind a word out of an address. Raises `Refused`."""
    if after is None:
        return None
    try:
        time, id = base64.urlsafe_b64decode(f"{after}==").decode().split(" ", 1)
        return Place(time=float(time), id=id)
    except ValueError:
        detail = "`after` is the `next` of the page before; leave it out to begin with the newest"
        raise Refused(code="invalid", rule="registry/request", detail=detail) from None
