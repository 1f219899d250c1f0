"""What is handed in for review: first what waits for the reader, then the rest."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from platform_core.auth.principal import Principal
from registry.api.reviews import LARGEST, ROLE, readable_groups
from registry.owners import owns
from registry.pages.look import page
from registry.pages.session import Reader
from registry.pages.state import Said
from registry.parts import Parts, PartsHere
from registry.reviews.submission import NAMES, Outline, State, Ticket
from registry.roles import has_role
from registry.store import reviews

router = APIRouter(default_response_class=Response)

PAGE = 50
"""Decided reviews on one page."""
WAITING: tuple[State, ...] = ("open", "granted")
DECIDED: tuple[State, ...] = ("live", "refused", "superseded")
Number = Annotated[int, Query(ge=1, le=LARGEST)]

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

    submission: Outline
    mine: tuple[Ticket, ...]
    """Tickets that wait for the reader."""


@router.get("/reviews")
async def queue(request: Request, parts: PartsHere, reader: Reader, before: Number | None = None) -> Response:
    """List the reviews: what is decided in pages, from below the number `before`."""
    groups = readable_groups(parts, reader.person)
    async with parts.database.reading() as connection:
        waiting = await reviews.listed(connection, states=WAITING, groups=groups)
        decided = await reviews.listed(connection, states=DECIDED, groups=groups, before=before, most=PAGE + 1)
    rows = [_row(parts, each, reader.person) for each in waiting]
    return page(
        request,
        "reviews.html",
        mine=[row for row in rows if row.mine],
        open=[row for row in rows if not row.mine],
        more=len(waiting) == reviews.MOST,
        closed=[Row(submission=each, mine=()) for each in decided[:PAGE]],
        older=decided[PAGE - 1].id if len(decided) > PAGE else None,
        before=before,
        states=STATES,
        tickets=TICKETS,
        names=NAMES,
    )


def waiting_for(parts: Parts, submission: Outline, person: Principal) -> tuple[Ticket, ...]:
    """The tickets that this person could decide now."""
    if submission.state != "open" or person.subject == submission.submitted_by or owns(person, submission):
        return ()
    return tuple(
        each for each in submission.tickets if each.state == "open" and has_role(parts, person, ROLE[each.kind])
    )


def _row(parts: Parts, submission: Outline, person: Principal) -> Row:
    return Row(submission=submission, mine=waiting_for(parts, submission, person))
