"""Reviews by API: the owner hands in, each kind of reviewer decides, and the last yes brings it live."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import Name
from platform_core.registration.manifest import Manifest
from registry.api.caller import Caller
from registry.api.described import Described
from registry.owners import owns
from registry.parts import Parts, PartsHere
from registry.refused import Refused
from registry.reviews.narrowing import Narrowing
from registry.reviews.reviews import Decision, Says
from registry.reviews.submission import (
    ENVIRONMENT,
    Answers,
    Kind,
    Link,
    Outline,
    State,
    Submission,
    Text,
    Ticket,
    TicketState,
    Why,
)
from registry.roles import has_role, in_role, judges, looks_behind
from registry.settings import Given
from registry.store import reviews

router = APIRouter(prefix="/api/reviews")
LARGEST = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=LARGEST)]
"""Of a review: what a row of the database can have."""
platform_router = APIRouter()
ROLE: Mapping[Kind, Given] = MappingProxyType(
    {"security": "security-reviewer", "legal": "legal-reviewer", "genai": "genai-reviewer"}
)
"""Who decides on which kind."""


class HandIn(BaseModel):
    """What `--describe` prints of a server, and what only its owner can say."""

    model_config = ConfigDict(extra="forbid")

    registration: Described
    answers: Answers
    links: dict[Kind, Link] = {}
    """Tickets in the company's own tracker."""


class Decide(BaseModel):
    """A decision, for exactly the contract that was looked at."""

    model_config = ConfigDict(extra="forbid")

    decision: Says
    contract_digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    narrowing: Narrowing = Narrowing()
    reason: Text = ""
    link: Link | None = None


class ShownTicket(BaseModel):
    ticket: str
    kind: Kind
    state: TicketState
    link: str | None
    reviewer: str | None
    reason: str | None
    narrowing: dict[str, Any]
    decided_at: float | None


class Shown(BaseModel):
    """A review as everybody reads it who may."""

    id: int
    server: str
    version: str
    state: State
    why: Why
    submitted_by: str
    submitted_at: float
    contract_digest: str
    policy_version: int | None
    tickets: list[ShownTicket]
    page: str


@router.post("/submissions")
async def hand_in(who: Caller, parts: PartsHere, asked: HandIn) -> Shown:
    """Open the reviews of a server, or find them open: only its owners and operators hand in."""
    await for_owners(parts, who, asked.registration.manifest)
    found = await parts.reviews.submit(asked.registration, asked.answers, by=who.subject, links=asked.links)
    return shown(parts, found)


@router.get("")
async def every(
    who: Caller,
    parts: PartsHere,
    server: Annotated[Name | None, Query()] = None,
    state: Annotated[list[State] | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
) -> list[Shown]:
    """The newest 200 reviews that the caller may read; `before` is the number of the last one that was seen."""
    groups = readable_groups(parts, who)
    async with parts.database.reading() as connection:
        found = await reviews.listed(connection, states=state or (), server=server, groups=groups, before=before)
    return [shown(parts, each) for each in found]


@router.get("/{id}")
async def one(who: Caller, parts: PartsHere, id: Number) -> Shown:
    """One review."""
    return shown(parts, await readable(parts, who, id))


@router.post("/{id}/{kind}")
async def decide(who: Caller, parts: PartsHere, id: Number, kind: Kind, asked: Decide) -> Shown:
    """Grant, refuse or set aside one kind of review: only by whom it belongs to."""
    await in_role(parts, who, ROLE[kind])
    decision = Decision(
        kind=kind, says=asked.decision, contract_digest=asked.contract_digest, narrowing=asked.narrowing,
        reason=asked.reason, link=asked.link,
    )  # fmt: skip
    return shown(parts, await parts.reviews.decide(id, decision, who))


class Turned(BaseModel):
    """The signer's key was turned."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1)]
    """Id of the key that signs now."""


@platform_router.post("/api/policies/sign-anew")
async def sign_anew(parts: PartsHere, turned: Turned) -> dict[str, list[str]]:
    """Sign once more what an older key has signed, before that key is withdrawn."""
    return {"signed": await parts.reviews.sign_anew(turned.key)}


def readable_groups(parts: Parts, who: Principal) -> Collection[str] | None:
    """The groups whose servers' reviews `who` may read; None where all may be read."""
    return None if judges(parts, who) else who.groups | who.business_groups


async def readable(parts: Parts, who: Principal, id: int) -> Submission:
    """The review, for somebody who may read it."""
    async with parts.database.reading() as connection:
        found = await reviews.one(connection, id)
    if found is None or not looks_behind(parts, who, found):
        detail = f"there is no review {id} that you may read: reviews name groups, so owners and reviewers read them"
        raise Refused(code="not_found", rule="registry/review", detail=detail)
    return found


def shown(parts: Parts, submission: Outline) -> Shown:
    """A submission without its registration, which the evidence holds."""
    return Shown(
        id=submission.id,
        server=submission.server,
        version=submission.server_version,
        state=submission.state,
        why=submission.why,
        submitted_by=submission.submitted_by,
        submitted_at=submission.submitted_at,
        contract_digest=submission.contract_digest,
        policy_version=submission.version,
        tickets=[_ticket(each) for each in submission.tickets],
        page=f"{parts.platform.base}/reviews/{submission.id}",
    )


async def for_owners(parts: Parts, who: Principal, manifest: Manifest) -> None:
    """Return if `who` answers for the server, or looks after the platform; else raise `Refused`."""
    if not owns(who, manifest) and not has_role(parts, who, "operator"):
        raise _not_yours(manifest)
    if await parts.suspending.suspends(who, ENVIRONMENT):
        detail = "your access is suspended, so somebody else of your team has to do this"
        raise Refused(code="authorization_denied", rule="registry/suspended", detail=detail, server=manifest.name)


def _ticket(ticket: Ticket) -> ShownTicket:
    return ShownTicket(
        ticket=ticket.name,
        kind=ticket.kind,
        state=ticket.state,
        link=ticket.link,
        reviewer=ticket.reviewer,
        reason=ticket.reason,
        narrowing=ticket.narrowing.model_dump(mode="json", exclude_unset=True),
        decided_at=ticket.decided_at,
    )


def _not_yours(manifest: Manifest) -> Refused:
    return Refused(
        code="authorization_denied",
        rule="registry/owner",
        detail=f"{manifest.name} is the business of its owner, {manifest.owner}, and of operators",
        how_to_ask=manifest.how_to_ask,
        server=manifest.name,
    )
