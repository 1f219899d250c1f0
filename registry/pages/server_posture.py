"""Who reviewed a server, when and under which ticket; and what waits for a review now."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import PolicyArtefact
from registry.pages.state import Said
from registry.reviews.submission import NAMES, Outline, Ticket
from registry.store import reviews
from registry.store.standing import Standing

_SAID = {
    "granted": Said("ok", "Approved"),
    "refused": Said("bad", "Refused"),
    "not_applicable": Said("none", "Not applicable"),
    "open": Said("half", "Waits"),
}


@dataclass(frozen=True, kw_only=True)
class Review:
    """One decision, or the wait for it."""

    kind: str
    said: Said
    ticket: str
    link: str | None
    """The same ticket in the company's own tracker."""
    page: str | None
    who: str | None
    at: float | None
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Posture:
    """What stands behind the policy in force, and what is on its way."""

    reviews: list[Review]
    waiting: list[Review]
    waiting_version: str | None


async def posture(connection: AsyncConnection, standing: Standing) -> Posture:
    """The reviews of a server of production. An experiment has none, only whoever is written in its policy."""
    waiting, given, artefact = list[Outline](), list[Outline](), standing.artefact
    if standing.environment == "production":
        waiting = await reviews.listed(connection, states=("open", "granted"), server=standing.name)
        version = artefact.version if artefact else 0
        given = await reviews.listed(connection, states=("live",), server=standing.name, version=version)
    waits = waiting[0] if waiting else None
    return Posture(
        reviews=[_review(each, ticket) for each in given for ticket in each.tickets]
        or (_as_signed(artefact) if artefact else []),
        waiting=[_review(waits, ticket) for ticket in waits.tickets] if waits else [],
        waiting_version=waits.server_version if waits else None,
    )


def _as_signed(artefact: PolicyArtefact) -> list[Review]:
    return [
        Review(
            kind=review.kind.capitalize().replace("-", "/"),
            said=_SAID["granted"],
            ticket=review.ticket,
            link=None,
            page=None,
            who=review.reviewer,
            at=float(artefact.issued_at),
            reason=None,
        )
        for review in artefact.reviews
    ]


def _review(submission: Outline, ticket: Ticket) -> Review:
    return Review(
        kind=NAMES[ticket.kind],
        said=_SAID[ticket.state],
        ticket=ticket.name,
        link=ticket.link,
        page=f"/reviews/{submission.id}",
        who=ticket.reviewer,
        at=ticket.decided_at or submission.submitted_at,
        reason=ticket.reason if ticket.state == "not_applicable" else None,
    )
