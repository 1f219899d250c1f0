"""All that stands behind one review, in one place: for the page, and as a file that outlives it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.changes.rows import Row, rows
from platform_core.registration.contract import Contract
from platform_core.testing.standard.clauses import CLAUSES
from platform_core.testing.standard.run import findings_of_registration
from registry.reviews.compiling import compiled, wish
from registry.reviews.narrowing import NothingLeft
from registry.reviews.sampled import Tried, tried
from registry.reviews.submission import NAMES, Submission

PASSED, FAULTY, WAITS, CONFIRMED, ELSEWHERE, LEFT_OUT = (
    "passed", "faulty", "waits", "confirmed", "checked in the pipeline", "not applicable",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ClauseState:
    """One clause of the security standard, and how it stands."""

    id: str
    title: str
    state: str
    looked_at_by: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToolChange:
    """What of one tool is new to the reviewers."""

    tool: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a reviewer looks at."""

    submission: Submission
    before: PolicyArtefact | None
    policy: PolicyArtefact
    """What would be in force by the decisions so far."""
    impossible: str | None
    changes: tuple[Row, ...]
    contract: tuple[ToolChange, ...]
    clauses: tuple[ClauseState, ...]
    data_classes: Mapping[str, tuple[str, ...]]
    egress: Mapping[str, Mapping[str, str]]
    """What the server connects to, by part of the backend."""
    people: tuple[Tried, ...]
    """People who signed in lately and would notice."""
    unchanged: int
    """Of them, those who would not."""


def gather(
    submission: Submission,
    *,
    before: PolicyArtefact | None,
    contract: Contract | None,
    signed: PolicyArtefact | None,
    people: Collection[Principal],
    now: float,
) -> Evidence:
    """Put together what there is; `before` and `contract` were in force before it, `signed` is what came of it."""
    policy, impossible = (signed, None) if signed else policy_so_far(submission, int(now))
    noticing = tuple(tried(before, policy, people, now=now))
    return Evidence(
        submission=submission,
        before=before,
        policy=policy,
        impossible=impossible,
        changes=tuple(rows(before, policy)),
        contract=tuple(_contract(contract, submission.contract)),
        clauses=tuple(_clause_states(submission)),
        data_classes=_data_classes(submission.contract),
        egress={part: dict(settings) for part, settings in submission.manifest.needs.items()},
        people=noticing,
        unchanged=len(people) - len({each.person for each in noticing}),
    )


def policy_so_far(submission: Submission, now: int) -> tuple[PolicyArtefact, str | None]:
    """What the decisions so far would bring into force; or the wish, and why that can't be."""
    try:
        return compiled(submission, now=now), None
    except NothingLeft as error:
        return wish(submission.registration, now=now), str(error)


def _clause_states(submission: Submission) -> list[ClauseState]:
    findings = findings_of_registration(submission.registration)
    states: list[ClauseState] = []
    for clause in CLAUSES:
        said = tuple(f"{each.what}: {each.how}" for each in findings if each.clause == clause.id)
        if clause.review is not None:
            ticket = submission.ticket(clause.review)
            given = LEFT_OUT if ticket is None or ticket.state == "not_applicable" else WAITS
            state = CONFIRMED if ticket and ticket.state == "granted" else given
            by = f"{NAMES[clause.review]}{f', {ticket.reviewer}' if ticket and ticket.reviewer else ''}"
        elif clause.of_registration is not None:
            state, by = (FAULTY if said else PASSED), "automatic"
        else:
            state, by = ELSEWHERE, "the server's own tests"
        states.append(ClauseState(id=clause.id, title=clause.title, state=state, looked_at_by=by, said=said))
    return states


def _contract(before: Contract | None, after: Contract) -> list[ToolChange]:
    was = before.tools if before else {}
    found: list[ToolChange] = []
    for name in [*after.tools, *(gone for gone in was if gone not in after.tools)]:
        old = was[name].model_dump(mode="json") if name in was else {}
        new = after.tools[name].model_dump(mode="json") if name in after.tools else {}
        if not old or not new:
            what = "new tool" if new else "tool is gone"
            found.append(ToolChange(tool=name, what=what, before=_words(old), after=_words(new)))
            continue
        found += [
            ToolChange(tool=name, what=field, before=_text(old[field]), after=_text(new[field]))
            for field in new
            if old[field] != new[field]
        ]
    return found


def _words(promise: Mapping[str, Any]) -> str:
    return str(promise.get("description", ""))


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _data_classes(contract: Contract) -> dict[str, tuple[str, ...]]:
    classes = sorted({promise.data_class for promise in contract.tools.values()})
    return {
        name: tuple(tool for tool, promise in contract.tools.items() if promise.data_class == name) for name in classes
    }
