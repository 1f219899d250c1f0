"""A question in words: what of a call a person is shown, and what a form says, where there is nothing but text."""

import json
from datetime import UTC, datetime

from pydantic_core import to_jsonable_python

from platform_core.approval.question import Gated, Question
from platform_core.approval.record import Approval, Shown
from platform_core.canonical import digest
from platform_core.errors import Invalid
from platform_core.telemetry.redaction import redact
from platform_core.untrusted import escaped

ON_PAGE, IN_FORM = 20_000, 1_000
"""Characters of the arguments that a person is shown."""


def clock_time(at: float) -> str:
    """`10:12 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M UTC")


def form_text(approval: Approval) -> str:
    """What a client shows. It is the same in every round: the answer is pinned to these very words."""
    bound, shown = approval.bound, approval.shown
    lines = [
        f"{shown.title} ({bound.environment}) asks before {bound.tool} runs as {bound.subject}: {shown.question}",
        *([f"Target: {shown.target}"] if shown.target else []),
        *([f"Effect: {shown.effect}"] if shown.effect else []),
        *([warning] if (warning := warning_of(approval)) else []),
        f"Arguments: {_cut(shown.arguments, IN_FORM)}",
        f"A yes holds once, for exactly this call, until {clock_time(approval.expires_at)}. Approval {approval.id}",
    ]
    return "\n".join(lines)


def warning_of(approval: Approval) -> str | None:
    """What happened to an earlier yes to the same call."""
    earlier = approval.earlier
    if earlier is None:
        return None
    if earlier.begun_at is None:
        return "There was a yes to this call, and what it was shown has changed since. It is void."
    known = f" The backend knows it as {earlier.reference}." if earlier.reference else ""
    began = clock_time(earlier.begun_at)
    return f"This very call was begun at {began}, and nobody saw its end.{known} Look there before you say yes again."


def arguments_of(arguments: dict[str, object]) -> tuple[dict[str, object], str]:
    """Validated arguments as JSON values, and the digest of their canonical form. Raises `Invalid`."""
    try:
        plain: dict[str, object] = to_jsonable_python(arguments)
        return plain, digest(plain)
    except ValueError as error:
        raise Invalid("The arguments hold something that JSON can't say; send numbers and text.") from error


def shown_of(
    question: Question, tool: Gated, plain: dict[str, object], *, title: str, approvers: str | None = None
) -> Shown:
    """What a person is shown, in the same words on every replica: it is compared when the call is repeated."""
    return Shown(
        title=title,
        question=redact(question.text),
        target=redact(question.target),
        effect=redact(question.effect),
        precondition=escaped(redact(question.precondition)),
        arguments=_arguments_shown(plain, tool.secret),
        risk=tool.risk,
        approvers=approvers,
    )


def _arguments_shown(plain: dict[str, object], secret: frozenset[str]) -> str:
    """The arguments for a person's eyes: whole, secrets masked, what nobody would see written out."""
    masked = {name: "[secret]" if name in secret else value for name, value in plain.items()}
    return _cut(escaped(redact(json.dumps(masked, indent=2, sort_keys=True, ensure_ascii=False))), ON_PAGE)


def _cut(text: str, cap: int) -> str:
    return text if len(text) <= cap else f"{text[:cap]} [{len(text) - cap:,} more characters]"
