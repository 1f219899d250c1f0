"""What was handed in, and what was decided about it, as one policy."""

from pydantic import ValidationError

from platform_core.experiment import draft
from platform_core.policy.artefact import PolicyArtefact, Review
from platform_core.policy.expressible import inexpressible
from platform_core.registration.contract import Registration
from registry.refused import Refused
from registry.reviews.narrowing import narrowed
from registry.reviews.submission import ENVIRONMENT, Submission

DAY = 86_400
MOST_TOOLS = 500
"""What people can look through, and a narrowing can name."""
DAYS = 90
"""The longest life of a policy; a review may name an earlier end."""


def wish(registration: Registration, *, now: int, version: int = 1) -> PolicyArtefact:
    """What the owner asks for, as a policy. Raises `Refused` where that could never be one."""
    manifest = registration.manifest
    if (tools := len(registration.contract.tools)) > MOST_TOOLS:
        raise _never(manifest.name, f"a review looks at {MOST_TOOLS} tools at most, and this has {tools:,}: split it")
    try:
        asked = draft(manifest, registration.contract, environment=ENVIRONMENT, version=version, days=DAYS)
    except ValidationError as error:
        said = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
        raise _never(manifest.name, f"what server.yaml proposes is no policy: {said}") from None
    if (unfit := inexpressible(asked)) is not None:
        raise _never(manifest.name, unfit)
    return asked.model_copy(update={"issued_at": now, "not_after": now + DAYS * DAY})


def compiled(submission: Submission, *, now: int, version: int = 1) -> PolicyArtefact:
    """The wish, less what every given review takes away, with the reviews named. Raises `NothingLeft`."""
    asked = wish(submission.registration, now=now, version=version)
    return narrowed(asked.model_copy(update={"reviews": _named(submission)}), submission.narrowings)


def _named(submission: Submission) -> tuple[Review, ...]:
    return tuple(
        Review(kind=ticket.kind, reviewer=ticket.reviewer or "", ticket=ticket.name)
        for ticket in submission.tickets
        if ticket.state == "granted"
    )


def _never(server: str, detail: str) -> Refused:
    return Refused(code="invalid", rule="registry/proposal", detail=detail, server=server)
