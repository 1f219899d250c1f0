"""Why a tool that asks did not run: it waits for a person, or the person did not say yes."""

from collections.abc import Sequence

from platform_core.approval.guidance import REPEAT, STOP
from platform_core.approval.record import Approval
from platform_core.approval.wording import clock_time
from platform_core.errors import DomainError


class NotApproved(DomainError):
    """Nobody said yes to this call, and nothing ran."""

    code = "not_approved"


class TooManyQuestions(NotApproved):
    """As many questions of one server wait for one person as a person reads."""

    code = "too_many_approvals"


class ApprovalPending(DomainError):
    """A person has to answer on the registry's page; until then nothing runs."""

    code = "approval_required"

    def __init__(self, approval: Approval, url: str) -> None:
        bound, until = approval.bound, clock_time(approval.expires_at)
        super().__init__(
            f"Nothing ran: {bound.tool} waits for {bound.subject}'s yes, until {until}. Ask {bound.subject} to open "
            f"{url} {REPEAT.format(person=bound.subject)}"
        )
        self.approval, self.url = approval, url


def declined(approval: Approval) -> NotApproved:
    who = approval.answered_by or approval.bound.subject
    return NotApproved(f"{who} said no to this call. Nothing ran. {STOP.format(person=approval.bound.subject)}")


def dismissed(approval: Approval) -> NotApproved:
    return NotApproved(f"{approval.bound.subject} closed the question without an answer. Nothing ran.")


def spent(approval: Approval) -> NotApproved:
    return NotApproved(
        f"The yes to this call was used already, or has ended ({approval.id}). Nothing ran this time. "
        "Call again to ask for a new one."
    )


def out_of_turn(approval: Approval, first: Approval) -> NotApproved:
    """Of calls that were allowed together, one was repeated before the one that goes first."""
    person, tool = approval.bound.subject, f"{first.bound.tool} (approval {first.id})"
    if first.state == "granted":
        way_on = f"Repeat {tool} first, and then this call."
    elif first.state == "consumed":
        way_on = f"{tool} still runs; repeat this call when it has ended."
    else:
        way_on = f"The end of {tool} was not seen, or it did not run: ask {person} anew."
    return NotApproved(f"Nothing ran: {person} allowed several calls, in an order, and {tool} goes first. {way_on}")


def unusable() -> NotApproved:
    return NotApproved("The client's answer to the question can't be read as a yes or a no. Nothing ran.")


def too_many(waiting: Sequence[Approval], links: Sequence[str]) -> TooManyQuestions:
    bound = waiting[0].bound
    where = f": {' '.join(links)}" if links else ""
    return TooManyQuestions(
        f"Nothing ran: {len(waiting)} questions of {bound.server} wait for {bound.subject} already{where} "
        "One of them has to be answered, or to end, before another is asked."
    )


def nobody_to_ask(tool: str) -> NotApproved:
    return NotApproved(f"{tool} asks a person, and a service that calls for itself has none. Nothing ran.")
