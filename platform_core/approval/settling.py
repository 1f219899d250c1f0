"""What a question has come to, as far as this call knows: go on, ask, or refuse."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import (
    AcceptedElicitation,
    CancelledElicitation,
    DeclinedElicitation,
    ElicitationResult,
)
from mcp.types import ElicitResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ConfigDict, Field

from platform_core.approval.desk import Desk
from platform_core.approval.question import Gated
from platform_core.approval.record import Approval, Way
from platform_core.approval.refusals import ApprovalPending, declined, dismissed, spent
from platform_core.approval.witness import way_of
from platform_core.call import the_call
from platform_core.untrusted import cleaned

ASKED = "seedbed:approval"
"""The question's name on the wire, the same on every replica."""
AGENT = 80
"""Characters of a program's name for itself."""


class Yes(BaseModel):
    """The form. Nothing in it is filled in beforehand."""

    model_config = ConfigDict(strict=True)

    approve: Annotated[bool, Field(title="Let it run once", description="Tick to say yes; nothing runs otherwise.")]


async def settled(found: Approval, context: Context[Any, Any], tool: Gated, desk: Desk) -> Approval:
    """What may go on: a yes, or a question that this client may be asked by form. Anything else is raised."""
    way = _way(context, tool, desk)
    if found.state == "pending" and way == "page":
        found = await _from_the_page(found, context, desk)
    match found.state:
        case "granted":
            return found
        case "pending" if way == "form":
            return found
        case "pending":
            raise ApprovalPending(found, desk.url(found))
        case "declined":
            raise declined(found)
        case _:
            raise spent(found)


def _way(context: Context[Any, Any], tool: Gated, desk: Desk) -> Way:
    if desk.pages is None:
        return "form"
    return way_of(tool.risk, the_call().principal, desk.environment, form=_form(context))


async def _from_the_page(found: Approval, context: Context[Any, Any], desk: Desk) -> Approval:
    """A client that was asked to open the page says whether its person did; the answer itself is in the store."""
    said = (context.input_responses or {}).get(ASKED)
    if not isinstance(said, ElicitResult):
        return found
    if said.action == "accept":
        return await desk.answered(found)
    await desk.answer(found, "declined" if said.action == "decline" else "expired", on="form")
    raise declined(found) if said.action == "decline" else dismissed(found)


async def take_down(desk: Desk, found: Approval, answer: ElicitationResult[Yes]) -> None:
    """Keep the answer of a form; returns after a yes alone."""
    match answer:
        case AcceptedElicitation(data=Yes(approve=True)):
            if not await desk.answer(found, "granted", on="form"):
                raise spent(found)
        case CancelledElicitation():
            await desk.answer(found, "expired", on="form")
            raise dismissed(found)
        case AcceptedElicitation() | DeclinedElicitation():
            await desk.answer(found, "declined", on="form")
            raise declined(found)


def _form(context: Context[Any, Any]) -> bool:
    """Whether the client said that it shows forms, and can be sent one."""
    declared = context.client_capabilities.elicitation if context.client_capabilities else None
    modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
    if declared is None or not (modern or context.session.can_send_request):
        return False
    return declared.form is not None or declared.url is None


def agent_of(context: Context[Any, Any]) -> str | None:
    """What the program that asks calls itself: its own word, and nobody's proof."""
    params = context.session.client_params
    return cleaned(f"{params.client_info.name} {params.client_info.version}", AGENT) if params else None
