"""One review: what would change, what stands behind it, and the reviewer's decision."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from platform_core.policy import what_if
from registry.api.evidence import as_file, gathered, policies_of
from registry.api.reviews import ROLE, Number, readable
from registry.pages.look import page
from registry.pages.review_form import Deciding, form_of, narrowing_in
from registry.pages.reviews import STATES, TICKETS, waiting_for
from registry.pages.same_page import must_be_ours
from registry.pages.session import Reader
from registry.pages.state import Said
from registry.pages.word_by_word import word_by_word
from registry.parts import PartsHere
from registry.refused import Refused
from registry.reviews.evidence import CONFIRMED, ELSEWHERE, FAULTY, LEFT_OUT, PASSED, WAITS, policy_so_far
from registry.reviews.reviews import Decision
from registry.reviews.submission import NAMES, Kind
from registry.roles import in_role

router = APIRouter(prefix="/reviews/{id}", default_response_class=Response)
CLAUSES = {
    PASSED: Said("ok", "Passed"),
    FAULTY: Said("bad", "Not kept"),
    WAITS: Said("half", "Waits"),
    CONFIRMED: Said("ok", "Confirmed"),
    ELSEWHERE: Said("none", "Checked in the pipeline"),
    LEFT_OUT: Said("none", "Not applicable"),
}


@router.get("")
async def show(request: Request, parts: PartsHere, reader: Reader, id: Number) -> Response:
    """Show what would change. Reading decides nothing."""
    submission = await readable(parts, reader.person, id)
    evidence = await gathered(parts, submission)
    pieces = word_by_word((each.before, each.after) for each in evidence.contract)
    return page(
        request,
        "review.html",
        evidence=evidence,
        contract=zip(evidence.contract, pieces, strict=True),
        state=STATES[submission.state],
        tickets=TICKETS,
        names=NAMES,
        clauses=CLAUSES,
        mine=waiting_for(parts, submission, reader.person),
        form=form_of(submission, now=int(parts.clock())),
    )


@router.get("/what-if")
async def ask(
    request: Request,
    parts: PartsHere,
    reader: Reader,
    id: Number,
    groups: Annotated[str, Query(max_length=500)] = "",
    business_groups: Annotated[str, Query(max_length=500)] = "",
    roles: Annotated[str, Query(max_length=500)] = "",
    employment: Annotated[str, Query(max_length=100)] = "employee",
    surface: Annotated[str, Query(max_length=100)] = "cli",
    channel: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Say of somebody who is made up what they may do before and after."""
    submission = await readable(parts, reader.person, id)
    (before, signed), now = await policies_of(parts, submission), parts.clock()
    after = signed or policy_so_far(submission, int(now))[0]
    caller = what_if.Caller(
        groups=_names(groups), business_groups=_names(business_groups), roles=_names(roles), employment=employment,
        surface=surface, channel=channel or None,
    )  # fmt: skip
    who = caller.principal
    said = [
        (
            tool,
            what_if.say(before, who, tool, now=now, closed=None) if before else None,
            what_if.say(after, who, tool, now=now, closed=None),
        )
        for tool in (None, *submission.contract.tools)
    ]
    asked = {"groups": groups, "business_groups": business_groups, "roles": roles, "channel": channel}
    shown = asked | {"employment": employment, "surface": surface}
    state = STATES[submission.state]
    return page(request, "review_what_if.html", one=submission, before=before, said=said, asked=shown, state=state)


@router.get("/evidence")
async def keep(
    parts: PartsHere, reader: Reader, id: Number, format: Annotated[Literal["json", "markdown"], Query()] = "json"
) -> Response:
    """The evidence as a file."""
    return as_file(await gathered(parts, await readable(parts, reader.person, id)), format)


@router.post("/{kind}")
async def decide(
    parts: PartsHere,
    reader: Reader,
    id: Number,
    kind: Kind,
    said: Annotated[Deciding, Form()],
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Response:
    """Take the decision, and show what became of it."""
    must_be_ours(reader, said.csrf, sec_fetch_site)
    await in_role(parts, reader.person, ROLE[kind])
    submission = await readable(parts, reader.person, id)
    try:
        narrowing = narrowing_in(submission, said, now=int(parts.clock()))
    except ValueError as error:
        raise Refused(code="invalid", rule="registry/narrowing", detail=str(error)) from None
    decision = Decision(
        kind=kind, says=said.decision, contract_digest=said.contract_digest, narrowing=narrowing, reason=said.reason,
        link=said.link or None,
    )  # fmt: skip
    await parts.reviews.decide(id, decision, reader.person)
    return RedirectResponse(f"/reviews/{id}", status_code=303, headers={"Cache-Control": "no-store"})


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)
