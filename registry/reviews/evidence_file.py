"""The evidence as text, for whoever keeps it elsewhere."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from pydantic import TypeAdapter

from platform_core.policy.changes.words import day, expression
from registry.reviews.evidence import Evidence
from registry.reviews.submission import NAMES, Ticket

_EVIDENCE = TypeAdapter(Evidence)


def as_json(evidence: Evidence) -> bytes:
    """Everything."""
    return _EVIDENCE.dump_json(evidence, by_alias=True, indent=2)


def as_markdown(evidence: Evidence) -> str:
    """What a person reads. What authors wrote stands indented, so that no word of it is markup."""
    return "\n".join(_lines(evidence)) + "\n"


def _lines(evidence: Evidence) -> Iterator[str]:
    submission, policy = evidence.submission, evidence.policy
    yield f"# Review {submission.id} of {submission.server} {submission.registration.version}: {submission.state}"
    yield f"\nHanded in by {submission.submitted_by}, {_moment(submission.submitted_at)}; {submission.why}."
    yield f"Contract `{submission.contract_digest}`."
    yield from _section("Tickets", (_ticket(each) for each in submission.tickets))
    answers = submission.answers.model_dump(mode="json")
    yield from _section("Answers of the owner", (f"{name}: {value}" for name, value in answers.items()))
    changes = [line for row in evidence.changes for line in (row.what, *_signed(row.gains, row.loses))]
    yield from _section("Who gains, who loses", changes or ["nobody"])
    yield from _section("Contract", (f"{each.tool}: {each.what}" for each in evidence.contract))
    yield from _section("Policy", (f"{name}: {expression(term)}" for name, term in sorted(policy.policies.items())))
    yield from _section("Reach", [str(policy.reach.model_dump(mode="json")), str(policy.gate.model_dump(mode="json"))])
    yield from _section("Ends", [day(policy.not_after)])
    yield from _section("Data", (f"{name}: {', '.join(tools)}" for name, tools in evidence.data_classes.items()))
    yield from _section("Connects to", (f"{part}: {', '.join(of)}" for part, of in evidence.egress.items()))
    clauses = (f"{each.id} {each.state}, by {each.looked_at_by}" for each in evidence.clauses)
    yield from _section("Security standard", clauses)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"\n## {title}\n"
    for text in lines:
        yield from (f"    {line}" for line in text.splitlines())


def _signed(gains: Iterable[str], loses: Iterable[str]) -> Iterator[str]:
    yield from (f"  + {line}" for line in gains)
    yield from (f"  - {line}" for line in loses)


def _ticket(ticket: Ticket) -> str:
    when = f", {_moment(ticket.decided_at)}" if ticket.decided_at else ""
    taken = ticket.narrowing.model_dump(mode="json", exclude_unset=True)
    said = f"{ticket.name} {NAMES[ticket.kind]}: {ticket.state} by {ticket.reviewer or 'nobody yet'}{when}"
    return "\n".join([said, *(f"  {text}" for text in (ticket.link, ticket.reason) if text), f"  narrowing {taken}"])


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y, %H:%M:%S UTC")
