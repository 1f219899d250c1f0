"""What is handed in for review: first what waits for the reader, then the rest."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from platform_core.auth.principal import Principal
from registry.api.reviews import ROLE
from registry.owners import owns
from registry.pages.look import page
from registry.pages.session import Reader
from registry.pages.state import Said
from registry.parts import Parts, PartsHere
from registry.reviews.submission import NAMES, Submission, Ticket
from registry.roles import has_role, looks_behind
from registry.store import reviews

router = APIRouter(default_response_class=Response)

STATES = {
    "open": Said("half", "Waits"),
    "granted": Said("half", "Is being signed"),
    "live": Said("ok", "Live"),
    "refused": Said("bad", "Refused"),
    "superseded": Said("none", "Replaced by a newer one"),
}
TICKETS = {
    "open": Said("half", "Waits"),
    "granted": Said("ok", "Granted"),
    "refused": Said("bad", "Refused"),
    "not_applicable": Said("none", "Not applicable"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One submission in a list."""

    submission: Submission
    mine: tuple[Ticket, ...]
    """Tickets that wait for the reader."""


@router.get("/reviews")
async def queue(request: Request, parts: PartsHere, reader: Reader) -> Response:
    """List the reviews."""
    async with parts.database.reading() as connection:
        found = await reviews.listed(connection)
    rows = [_row(parts, each, reader.person) for each in found if looks_behind(parts, reader.person, each.manifest)]
    return page(
        request,
        "reviews.html",
        mine=[row for row in rows if row.mine],
        open=[row for row in rows if row.submission.state in ("open", "granted") and not row.mine],
        closed=[row for row in rows if row.submission.state not in ("open", "granted")],
        states=STATES,
        tickets=TICKETS,
        names=NAMES,
    )


def waiting_for(parts: Parts, submission: Submission, person: Principal) -> tuple[Ticket, ...]:
    """The tickets that this person could decide now."""
    if submission.state != "open" or person.subject == submission.submitted_by or owns(person, submission.manifest):
        return ()
    return tuple(
        each for each in submission.tickets if each.state == "open" and has_role(parts, person, ROLE[each.kind])
    )


def _row(parts: Parts, submission: Submission, person: Principal) -> Row:
    return Row(submission=submission, mine=waiting_for(parts, submission, person))
