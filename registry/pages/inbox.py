"""What somebody should know or decide, on one page."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Path, Request, Response
from fastapi.responses import RedirectResponse

from registry.notices import inbox
from registry.pages.live import live_page, told
from registry.pages.same_page import must_be_ours
from registry.pages.session import Reader
from registry.pages.state import Said
from registry.parts import Parts, PartsHere
from registry.store.notices import Kind
from registry.store.sessions import SignedIn

router = APIRouter(prefix="/inbox", default_response_class=Response)

KINDS: dict[Kind, tuple[Said, str]] = {
    "approval.waits": (Said("half", "Approval"), "Look and answer"),
    "review.waits": (Said("half", "Review"), "Look and decide"),
    "review.decided": (Said("ok", "Decided"), "Look"),
    "review.expires": (Said("warn", "Reviews end"), "Look"),
    "grant.expires": (Said("warn", "Grant ends"), "Look"),
    "server.degraded": (Said("warn", "Unwell"), "Look"),
    "server.differs": (Said("warn", "Differs"), "Look at the difference"),
    "server.ownerless": (Said("bad", "No owner"), "Look"),
    "server.unused": (Said("warn", "Unused"), "Look"),
    "server.suspended": (Said("bad", "Suspended"), "Look"),
}


@router.get("")
async def show(request: Request, parts: PartsHere, reader: Reader, aside: bool = False) -> Response:
    """List what waits for this person, then what they should know. Reading changes nothing."""
    found = await inbox.inbox(parts, reader.person)
    return live_page(
        request,
        "inbox.html",
        news="/inbox/events",
        looked=[one.id for one in found],
        waiting=[one for one in found if one.waits],
        known=[one for one in found if not one.waits],
        kinds=KINDS,
        aside=aside,
    )


@router.get("/events")
async def events(request: Request, parts: PartsHere, reader: Reader) -> Response:
    """Tell the page when something has changed."""
    return told(request, parts, lambda: _look(parts, reader))


@router.post("/{id}/aside")
async def put_aside(
    parts: PartsHere,
    reader: Reader,
    id: Annotated[int, Path(ge=1, le=2**53)],
    csrf: Annotated[str, Form()] = "",
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Response:
    """Not be told of it any more."""
    must_be_ours(reader, csrf, sec_fetch_site)
    await inbox.put_aside(parts, reader.person, id)
    return RedirectResponse("/inbox?aside=1", status_code=303, headers={"Cache-Control": "no-store"})


async def _look(parts: Parts, reader: SignedIn) -> Any:
    return [one.id for one in await inbox.inbox(parts, reader.person)]
