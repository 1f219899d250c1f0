"""The gate before a tool: resolvers ask whoever may witness, and the body runs once, after a yes."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import (
    AcceptedElicitation,
    CancelledElicitation,
    DeclinedElicitation,
    Elicit,
    ElicitationResult,
    Resolve,
)
from mcp.types import ElicitResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ConfigDict, Field

from platform_core.approval.desk import Desk, Gated
from platform_core.approval.question import Rule
from platform_core.approval.record import Approval
from platform_core.approval.refusals import ApprovalPending, declined, dismissed, spent
from platform_core.approval.witness import way_of
from platform_core.approval.wording import form_text
from platform_core.call import the_call
from platform_core.errors import WiringError

ASKED = "seedbed:approval"
"""The question's name on the wire, the same on every replica."""
_FOUND, _ANSWER, _CONTEXT = "seedbed_found", "seedbed_answer", "seedbed_context"


class Yes(BaseModel):
    """The form. Nothing in it is filled in beforehand."""

    model_config = ConfigDict(strict=True)

    approve: Annotated[bool, Field(title="Let it run once", description="Tick to say yes; nothing runs otherwise.")]


def gated(
    function: Callable[..., Awaitable[Any]], rule: Rule, tool: Gated, arguments: frozenset[str], desk: Desk
) -> Callable[..., Awaitable[Any]]:
    """Put the gate before `function`, whose own arguments keep their names and schemas."""
    find = _finding(rule, tool, arguments, desk)

    async def ask(
        found: Annotated[Approval | None, Resolve(find)], seedbed_context: Context[Any, Any]
    ) -> Elicit[Yes] | None:
        if found is None or found.state == "granted":
            return None
        the_call().asking = True
        return Elicit(form_text(found), Yes)

    ask.__module__, ask.__qualname__ = ASKED.split(":")

    @functools.wraps(function)
    async def guarded(*args: Any, **given: Any) -> Any:
        found: Approval | None = given.pop(_FOUND)
        answer: ElicitationResult[Yes] = given.pop(_ANSWER)
        the_call().asking = False
        if found is None:
            return await function(*args, **given)
        if found.state != "granted":
            await _take_down(desk, found, answer)
        async with desk.running(found):
            return await function(*args, **given)

    answered = Annotated[ElicitationResult[Yes], Resolve(ask)]
    _add_parameters(guarded, {_FOUND: Annotated[Approval | None, Resolve(find)], _ANSWER: answered})
    return guarded


def _finding(
    rule: Rule, tool: Gated, arguments: frozenset[str], desk: Desk
) -> Callable[..., Awaitable[Approval | None]]:
    """A resolver that asks the rule whether there is a need, and the desk what became of the question."""

    async def find(seedbed_context: Context[Any, Any], **given: Any) -> Approval | None:
        question = await rule.ask(**{name: given[name] for name in rule.parameters})
        if question is None:
            return None
        call = the_call()
        exact = {name: given[name] for name in arguments}
        found = await desk.ask(call, tool, exact, question, agent=_agent(seedbed_context))
        call.approval = found.id
        return await _settled(found, seedbed_context, tool, desk)

    own = {name: Any for name in arguments}
    strange = [n for n, kind in rule.parameters.items() if n not in own and not _is_resolved(kind)]
    if strange:
        raise WiringError(f"what {tool.name} asks by takes {', '.join(strange)}, which {tool.name} does not take")
    annotations = {_CONTEXT: Context[Any, Any], **rule.parameters, **own}
    find.__annotations__ = {**annotations, "return": Approval | None}
    keyword = inspect.Parameter.KEYWORD_ONLY
    find.__signature__ = inspect.Signature([inspect.Parameter(name, keyword) for name in annotations])  # type: ignore[attr-defined]
    return find


async def _settled(found: Approval, context: Context[Any, Any], tool: Gated, desk: Desk) -> Approval:
    """What may go on: a yes, or a question that this client may be asked by form. Anything else is raised."""
    way = (
        "form" if desk.pages is None else way_of(tool.risk, the_call().principal, desk.environment, form=_form(context))
    )
    if found.state == "pending" and way == "page":
        found = await _from_the_page(found, context, desk)
    if found.state == "declined":
        raise declined(found)
    if found.state == "pending" and way == "page":
        raise ApprovalPending(found, desk.url(found))
    if found.state not in ("pending", "granted"):
        raise spent(found)
    return found


async def _from_the_page(found: Approval, context: Context[Any, Any], desk: Desk) -> Approval:
    """A client that was asked to open the page says whether its person did; the answer itself is in the store."""
    said = (context.input_responses or {}).get(ASKED)
    if not isinstance(said, ElicitResult):
        return found
    if said.action == "accept":
        return await desk.answered(found)
    await desk.answer(found, "declined" if said.action == "decline" else "expired", on="form")
    raise declined(found) if said.action == "decline" else dismissed(found)


async def _take_down(desk: Desk, found: Approval, answer: ElicitationResult[Yes]) -> None:
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


def _agent(context: Context[Any, Any]) -> str | None:
    params = context.session.client_params
    return f"{params.client_info.name} {params.client_info.version}"[:100] if params else None


def _is_resolved(annotation: Any) -> bool:
    return any(isinstance(mark, Resolve) for mark in getattr(annotation, "__metadata__", ()))


def _add_parameters(function: Callable[..., Any], added: Mapping[str, Any]) -> None:
    signature = inspect.signature(function)
    keyword = inspect.Parameter.KEYWORD_ONLY
    more = [inspect.Parameter(name, keyword, annotation=annotation) for name, annotation in added.items()]
    function.__annotations__ = {**function.__annotations__, **added}
    function.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *more])  # type: ignore[attr-defined]
