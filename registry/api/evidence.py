"""What stands behind a review, as a file; and what a policy would say to somebody who is made up."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from platform_core.auth.principal import Principal
from platform_core.policy import what_if
from platform_core.policy.artefact import Environment, Name, PolicyArtefact, ToolName
from platform_core.policy.suspend import Suspensions
from registry.api.caller import Caller
from registry.api.reviews import LARGEST, Number, readable
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
    before, signed = await policies_of(parts, submission)
    async with parts.database.reading() as connection:
        contract = before and await reviews.contract_of(connection, submission.server, before.contract_digest)
        people = await sessions.people(connection, now=parts.clock())
    return gather(submission, before=before, contract=contract, signed=signed, people=people, now=parts.clock())


async def policies_of(parts: Parts, submission: Submission) -> tuple[PolicyArtefact | None, PolicyArtefact | None]:
    """What was in force before a review, and what came of it; None where there is none."""
    server, version = submission.server, submission.version
    async with parts.database.reading() as connection:
        before = await reviews.version_below(connection, server, version)
        after = await artefacts.version(connection, ENVIRONMENT, server, version) if version else None
    return before and artefacts.opened(before), after and artefacts.opened(after)


class Asked(BaseModel):
    """A caller who is made up, at the policy in force or at what a review would make of it."""

    model_config = ConfigDict(extra="forbid")

    server: Name
    environment: Environment = "production"
    review: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
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
    policy, closed = await (_in_force(parts, who, asked) if asked.review is None else _of_review(parts, who, asked))
    said = what_if.say(policy, asked.caller.principal, asked.tool, now=parts.clock(), closed=closed)
    version = policy.version if asked.review is None else None
    return Said(allow=said.allow, rule=said.rule, reason=said.reason, policy_version=version)


async def _in_force(parts: Parts, who: Principal, asked: Asked) -> tuple[PolicyArtefact, Suspensions | None]:
    standing = await parts.present.one(asked.environment, asked.server)
    if standing is None:
        raise unknown_server(asked.server, asked.environment)
    if not looks_behind(parts, who, standing.manifest):
        detail = "a policy names groups: owners, reviewers, auditors and operators ask it about others"
        ask = how_to_ask(standing)
        raise Refused(code="authorization_denied", rule="registry/policy-readers", detail=detail, how_to_ask=ask)
    if standing.artefact is None:
        raise Refused(code="not_found", rule="registry/policy", detail=f"{asked.server} has no policy yet")
    return standing.artefact, standing.closed


async def _of_review(parts: Parts, who: Principal, asked: Asked) -> tuple[PolicyArtefact, None]:
    async with parts.database.reading() as connection:
        review = await reviews.one(connection, asked.review or 0)
    if review is None or review.server != asked.server or not looks_behind(parts, who, review.manifest):
        raise Refused(code="not_found", rule="registry/review", detail=f"no review {asked.review} of {asked.server}")
    try:
        return compiled(review, now=int(parts.clock())), None
    except NothingLeft as error:
        raise Refused(code="invalid", rule="registry/nothing-left", detail=str(error)) from None
