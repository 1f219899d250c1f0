"""The page of one's own calls: what is kept of them, and how long."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from registry.api.me import after_place, place_of
from registry.api.who import told
from registry.pages.audit import pretty
from registry.pages.look import page
from registry.pages.session import Reader
from registry.parts import PartsHere
from registry.store import calls

router = APIRouter(prefix="/me", default_response_class=Response)
MOST = 50


@router.get("")
async def show(
    request: Request, parts: PartsHere, reader: Reader, after: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """List the reader's own calls, and nobody else's."""
    async with parts.database.reading() as connection:
        rows = await calls.of_person(connection, reader.person.subject, after=place_of(after), most=MOST)
    settings = parts.settings
    return page(
        request,
        "me.html",
        calls=[told(row) for row in rows],
        older=after_place(rows[-1]["time"], rows[-1]["id"]) if len(rows) == MOST else None,
        newest=after is None,
        arguments=pretty,
        arguments_days=settings.arguments_days,
        records_days=settings.records_days,
    )
