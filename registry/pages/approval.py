"""The page of one approval: what is asked, in whose name, for exactly which call; and the answer to it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Path, Request, Response
from fastapi.responses import RedirectResponse

from platform_core.approval.record import Approval
from platform_core.approval.wording import clock_time, warning_of
from registry.approvals import answering
from registry.pages.live import live_page, told
from registry.pages.open_to import SURFACES
from registry.pages.same_page import must_be_ours
from registry.pages.session import Reader
from registry.pages.state import Said
from registry.parts import Parts, PartsHere
from registry.store.sessions import SignedIn

router = APIRouter(prefix="/approvals", default_response_class=Response)
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

STATES = {
    "pending": Said("half", "Waits for you"),
    "granted": Said("ok", "Approved, not used yet"),
    "declined": Said("no", "Declined"),
    "expired": Said("none", "Ended"),
    "consumed": Said("half", "Runs"),
    "done": Said("ok", "Ran"),
    "unknown": Said("warn", "Begun, end unknown"),
}


@router.get("/{id}")
async def show(request: Request, parts: PartsHere, reader: Reader, id: Id) -> Response:
    """Show the question and what became of it. Reading decides nothing."""
    found = await answering.find(parts, reader.person, id)
    bound = found.bound
    others = await answering.batch(parts, reader.person, bound.environment, bound.server)
    return live_page(
        request,
        "approval.html",
        news=f"/approvals/{id}/events",
        looked=await _look(parts, reader, id),
        approval=found,
        state=STATES[found.state],
        fate=_fate(found, reader.person.subject),
        warning=warning_of(found) if found.state == "pending" else None,
        surface=SURFACES.get(bound.surface, bound.surface),
        until=clock_time(found.expires_at),
        others=[one for one in others if one.id != id],
        environment=bound.environment,
    )


@router.get("/{id}/events")
async def events(request: Request, parts: PartsHere, reader: Reader, id: Id) -> Response:
    """Tell the page when something has changed."""
    await answering.find(parts, reader.person, id)
    return told(request, parts, lambda: _look(parts, reader, id))


@router.post("/{id}")
async def answer(
    parts: PartsHere,
    reader: Reader,
    id: Id,
    answer: Annotated[answering.Said, Form()],
    csrf: Annotated[str, Form()] = "",
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Response:
    """Take the answer, and show what became of the question."""
    must_be_ours(reader, csrf, sec_fetch_site)
    await answering.answer(parts, reader, id, answer)
    return RedirectResponse(f"/approvals/{id}", status_code=303, headers={"Cache-Control": "no-store"})


async def _look(parts: Parts, reader: SignedIn, id: str) -> Any:
    found = await answering.find(parts, reader.person, id)
    return [found.state, found.reference]


def _fate(found: Approval, reader: str) -> str:
    """What is so now, and what did not happen."""
    tool, known = found.bound.tool, f" The backend knows it as {found.reference}." if found.reference else ""
    who = "You" if found.answered_by in (None, reader) else found.answered_by
    match found.state:
        case "pending":
            return "An agent asks for your yes to one call. Nothing has run."
        case "granted":
            return (
                f"{who} said yes. {tool} runs once when the same call is repeated; after that, or later, it does not."
            )
        case "declined":
            return "Declined. Nothing ran."
        case "expired":
            return "This question has ended without an answer that counts. Nothing ran."
        case "consumed":
            return f"{who} said yes, and {tool} was begun.{known} Its end is not known yet."
        case "done":
            return f"{who} said yes, and {tool} ran once.{known} This yes is used up."
        case "unknown":
            return f"{who} said yes, and {tool} was begun. Nobody saw its end.{known} It is not begun again by itself."
