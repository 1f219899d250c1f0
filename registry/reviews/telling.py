"""What is written down, and whom it is told, when a review takes a step; always in the transaction of the step."""

from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.owners import owner_group
from registry.reviews.submission import NAMES, Kind, Outline, State, Ticket
from registry.store import audit, notices
from registry.store.notices import Audience

WAITS, DECIDED = "review.waits", "review.decided"
SIGNER = "signer"


async def opened(connection: AsyncConnection, submission: Outline, *, now: float) -> None:
    """Something was handed in: each kind of reviewer is told whom it concerns."""
    detail: Mapping[str, JsonValue] = {"contract": submission.contract_digest, "why": submission.why}
    await _audited(connection, submission, "review.submitted", submission.submitted_by, detail, now)
    for ticket in submission.tickets:
        if ticket.given:
            detail = {"ticket": ticket.name, "reason": ticket.reason}
            await _audited(connection, submission, f"review.{ticket.state}", submission.submitted_by, detail, now)
            continue
        text = f"{NAMES[ticket.kind]} review of {submission.title} {submission.server_version} waits"
        to, about = Audience("role", f"{ticket.kind}-reviewer"), _ticket(submission, ticket.kind)
        await notices.post(connection, kind=WAITS, to=to, about=about, text=text, link=link(submission), now=now)


async def decided(connection: AsyncConnection, submission: Outline, ticket: Ticket, *, now: float) -> None:
    """One ticket was decided."""
    taken_away = ticket.narrowing.model_dump(mode="json", exclude_unset=True)
    contract = submission.contract_digest
    detail: Mapping[str, JsonValue] = {
        "ticket": ticket.name, "reason": ticket.reason, "narrowing": taken_away, "contract": contract
    }  # fmt: skip
    by = ticket.reviewer or ""
    await _audited(connection, submission, f"review.{ticket.state}", by, detail, now)
    await notices.settle(connection, kind=WAITS, about=_ticket(submission, ticket.kind), now=now)


async def superseded(connection: AsyncConnection, submission: Outline, *, by: str, now: float) -> None:
    """Something newer was handed in for the same server."""
    await _audited(connection, submission, "review.superseded", by, {}, now)
    await _nobody_waits(connection, submission, now=now)


async def closed(
    connection: AsyncConnection, submission: Outline, state: State, *, now: float, version: int | None = None
) -> None:
    """It is live, or it was refused: the owner's team is told."""
    if state == "live":
        tickets: list[JsonValue] = [each.name for each in submission.tickets]
        await _audited(connection, submission, "review.live", SIGNER, {"version": version, "tickets": tickets}, now)
    await _nobody_waits(connection, submission, now=now)
    ends = f"is live under policy {version}" if state == "live" else "was refused"
    await notices.post(
        connection, kind=DECIDED, to=Audience("group", owner_group(submission)), about=_about(submission),
        text=f"{submission.title} {submission.server_version} {ends}", link=link(submission), now=now,
    )  # fmt: skip


def link(submission: Outline) -> str:
    """Its page."""
    return f"/reviews/{submission.id}"


async def _audited(
    connection: AsyncConnection,
    submission: Outline,
    act: str,
    actor: str,
    detail: Mapping[str, JsonValue],
    now: float,
) -> None:
    said = {"review": submission.id, **detail}
    await audit.append(connection, act=act, actor=actor, about=submission.server, detail=said, now=now)


async def _nobody_waits(connection: AsyncConnection, submission: Outline, *, now: float) -> None:
    for ticket in submission.tickets:
        await notices.settle(connection, kind=WAITS, about=_ticket(submission, ticket.kind), now=now)


def _about(submission: Outline) -> str:
    return f"review {submission.id}"


def _ticket(submission: Outline, kind: Kind) -> str:
    return f"{_about(submission)} {kind}"
