"""What waits for a person's yes, and several answers at once to what one server asks."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from platform_core.approval.record import Approval
from platform_core.approval.wording import clock_time, warning_of
from platform_core.policy.artefact import Environment, Name
from registry.approvals import answering
from registry.approvals.answering import Said
from registry.pages.approval import STATES
from registry.pages.live import live_page, told
from registry.pages.open_to import SURFACES
from registry.pages.same_page import must_be_ours
from registry.pages.session import Reader
from registry.parts import Parts, PartsHere
from registry.store import approvals
from registry.store.sessions import SignedIn

router = APIRouter(prefix="/approvals", default_response_class=Response)
SHOWN = 20
"""Questions that have been answered, on the page of what waits."""


@router.get("")
async def show(
    request: Request, parts: PartsHere, reader: Reader, allowed: Annotated[int, Query(ge=0, le=99)] = 0,
    declined: Annotated[int, Query(ge=0, le=99)] = 0,
) -> Response:  # fmt: skip
    """List what waits, and what became of the rest. Reading decides nothing."""
    waiting = await answering.waiting(parts, reader.person)
    return live_page(
        request,
        "approvals.html",
        news="/approvals/events",
        looked=await _look(parts, reader),
        waiting=waiting,
        batches=_batches(waiting, reader),
        answered=[one for one in await _latest(parts, reader) if one.state != "pending"],
        states=STATES,
        surfaces=SURFACES,
        allowed=allowed,
        declined=declined,
    )


@router.get("/events")
async def events(request: Request, parts: PartsHere, reader: Reader) -> Response:
    """Tell the page when something has changed."""
    return told(request, parts, lambda: _look(parts, reader))


@router.get("/batches/{environment}/{server}")
async def show_batch(
    request: Request, parts: PartsHere, reader: Reader, environment: Environment, server: Name
) -> Response:
    """Show everything that one server asks, with an answer on each line."""
    asked = await answering.batch(parts, reader.person, environment, server)
    if not asked:
        return RedirectResponse("/approvals", status_code=303, headers={"Cache-Control": "no-store"})
    return live_page(
        request,
        "approvals_batch.html",
        news=f"/approvals/batches/{environment}/{server}/events",
        looked=await _look_at(parts, reader, environment, server),
        asked=asked,
        warnings={one.id: warning_of(one) for one in asked},
        until=clock_time(min(one.expires_at for one in asked)),
        surfaces=SURFACES,
        environment=environment,
    )


@router.get("/batches/{environment}/{server}/events")
async def events_of_batch(
    request: Request, parts: PartsHere, reader: Reader, environment: Environment, server: Name
) -> Response:
    """Tell the page when something has changed."""
    return told(request, parts, lambda: _look_at(parts, reader, environment, server))


@router.post("/batches/{environment}/{server}")
async def answer_batch(
    request: Request,
    parts: PartsHere,
    reader: Reader,
    csrf: Annotated[str, Form()] = "",
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Response:
    """Take all answers at once. What was asked after the page was read is not among them, and goes on waiting."""
    must_be_ours(reader, csrf, sec_fetch_site)
    said = await _said(request)
    await answering.answer_all(parts, reader, said)
    allowed = sum(one == "grant" for one in said.values())
    place = f"/approvals?allowed={allowed}&declined={len(said) - allowed}"
    return RedirectResponse(place, status_code=303, headers={"Cache-Control": "no-store"})


async def _said(request: Request) -> dict[str, Said]:
    """The lines of the form in their order. Only `grant` is a yes, and only where the button says so too."""
    form = await request.form()
    chosen = form.get("answer") == "chosen"
    lines = {name.removeprefix("p-"): value for name, value in form.items() if name.startswith("p-")}
    return {id: "grant" if chosen and value == "grant" else "decline" for id, value in lines.items()}


def _batches(waiting: list[Approval], reader: SignedIn) -> dict[tuple[str, str], list[Approval]]:
    """What can be answered at once: several questions of one server to this very person."""
    found: dict[tuple[str, str], list[Approval]] = {}
    for one in waiting:
        if one.bound.subject == reader.person.subject:
            found.setdefault((one.bound.environment, one.bound.server), []).append(one)
    return {where: several for where, several in found.items() if len(several) > 1}


async def _latest(parts: Parts, reader: SignedIn) -> list[Approval]:
    async with parts.database.reading() as connection:
        return await approvals.latest(connection, reader.person.subject, now=parts.clock(), most=SHOWN)


async def _look(parts: Parts, reader: SignedIn) -> Any:
    both = await answering.waiting(parts, reader.person), await _latest(parts, reader)
    return [(one.id, one.state) for several in both for one in several]


async def _look_at(parts: Parts, reader: SignedIn, environment: Environment, server: str) -> Any:
    return [one.id for one in await answering.batch(parts, reader.person, environment, server)]
