"""What stands behind a review, as a file; and what a policy would say to somebody who is made up."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy import what_if
from platform_core.policy.artefact import Environment, Name, PolicyArtefact, ToolName
from registry.api.caller import Caller
from registry.api.reviews import Number, readable
from registry.parts import Parts, PartsHere
from registry.refused import Refused, unknown_server
from registry.reviews.compiling import compiled
from registry.reviews.evidence import Evidence, gather
from registry.reviews.evidence_file import as_json, as_markdown
from registry.reviews.narrowing import NothingLeft
from registry.reviews.submission import ENVIRONMENT, Submission
from registry.roles import looks_behind
from registry.store import artefacts, reviews, sessions
from registry.verdict import how_to_ask

router = APIRouter()


@router.get("/api/reviews/{id}/evidence")
async def evidence(
    who: Caller, parts: PartsHere, id: Number, format: Annotated[Literal["json", "markdown"], Query()] = "json"
) -> Response:
    """The evidence of one review, whole."""
    return as_file(await gathered(parts, await readable(parts, who, id)), format)


def as_file(found: Evidence, format: Literal["json", "markdown"]) -> Response:
    """The evidence, to be kept."""
    name = f"review-{found.submission.id}-{found.submission.server}.{'json' if format == 'json' else 'md'}"
    body = as_json(found) if format == "json" else as_markdown(found)
    kind = "application/json" if format == "json" else "text/markdown; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=kind, headers=headers | {"X-Content-Type-Options": "nosniff"})


async def gathered(parts: Parts, submission: Submission) -> Evidence:
    """What there is about one review now."""
    async with parts.database.reading() as connection:
        before = await reviews.version_below(connection, submission.server, submission.version)
        opened = artefacts.opened(before) if before else None
        contract = opened and await reviews.contract_of(connection, submission.server, opened.contract_digest)
        signed = await _signed(connection, submission)
        people = await sessions.people(connection, now=parts.clock())
    return gather(submission, before=opened, contract=contract, signed=signed, people=people, now=parts.clock())


async def _signed(connection: AsyncConnection, submission: Submission) -> PolicyArtefact | None:
    if submission.version is None:
        return None
    found = await artefacts.version(connection, ENVIRONMENT, submission.server, submission.version)
    return artefacts.opened(found) if found else None


class Asked(BaseModel):
    """A caller who is made up, at the policy in force or at what a review would make of it."""

    model_config = ConfigDict(extra="forbid")

    server: Name
    environment: Environment = "production"
    review: int | None = None
    tool: ToolName | None = None
    caller: what_if.Caller = what_if.Caller()


class Said(BaseModel):
    allow: bool
    rule: str
    reason: str
    policy_version: int | None
    """None: of a review that is not signed."""


@router.post("/api/policies/simulate")
async def simulate(who: Caller, parts: PartsHere, asked: Asked) -> Said:
    """Ask the evaluator about somebody who is made up: only for those who may read the policy."""
    async with parts.database.reading() as connection:
        standing = await parts.standings.one(connection, asked.environment, asked.server)
        review = await reviews.one(connection, asked.review) if asked.review else None
    if review is not None and review.server == asked.server and looks_behind(parts, who, review.manifest):
        return _said(review_policy(review, now=int(parts.clock())), asked, None, parts.clock())
    if asked.review is not None:
        raise Refused(code="not_found", rule="registry/review", detail=f"no review {asked.review} of {asked.server}")
    if standing is None:
        raise unknown_server(asked.server, asked.environment)
    if not looks_behind(parts, who, standing.manifest):
        detail = "a policy names groups: owners, reviewers, auditors and operators ask it about others"
        ask = how_to_ask(standing)
        raise Refused(code="authorization_denied", rule="registry/policy-readers", detail=detail, how_to_ask=ask)
    if standing.artefact is None:
        raise Refused(code="not_found", rule="registry/policy", detail=f"{asked.server} has no policy yet")
    said = what_if.say(standing.artefact, asked.caller.principal, asked.tool, now=parts.clock(), closed=standing.closed)
    version = standing.artefact.version
    return Said(allow=said.allow, rule=said.rule, reason=said.reason, policy_version=version)


def review_policy(review: Submission, *, now: int) -> PolicyArtefact:
    """What a review would make of the wish by the decisions so far."""
    try:
        return compiled(review, now=now)
    except NothingLeft as error:
        raise Refused(code="invalid", rule="registry/nothing-left", detail=str(error)) from None


def _said(policy: PolicyArtefact, asked: Asked, version: int | None, now: float) -> Said:
    said = what_if.say(policy, asked.caller.principal, asked.tool, now=now, closed=None)
    return Said(allow=said.allow, rule=said.rule, reason=said.reason, policy_version=version)
