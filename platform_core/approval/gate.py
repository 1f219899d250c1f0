"""The gate before a tool: resolvers ask whoever may witness, and the body runs once, after a yes."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, ElicitationResult, Resolve

from platform_core.approval.desk import Desk
from platform_core.approval.question import Gated, Rule
from platform_core.approval.record import Approval
from platform_core.approval.settling import ASKED, Yes, agent_of, settled, take_down
from platform_core.approval.wording import form_text
from platform_core.call import the_call
from platform_core.errors import WiringError

_FOUND, _ANSWER, _CONTEXT = "seedbed_found", "seedbed_answer", "seedbed_context"


def gated(
    function: Callable[..., Awaitable[Any]], rule: Rule, tool: Gated, arguments: frozenset[str], desk: Desk
) -> Callable[..., Awaitable[Any]]:
    """Put the gate before `function`, whose own arguments keep their names and schemas."""
    find = _finding(rule, tool, arguments, desk)

    async def ask(found: Annotated[Approval | None, Resolve(find)]) -> Elicit[Yes] | None:
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
            await take_down(desk, found, answer)
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
        found = await desk.ask(call, tool, exact, question, agent=agent_of(seedbed_context), approvers=rule.approvers)
        call.approval = found.id
        return await settled(found, seedbed_context, tool, desk)

    own = {name: Any for name in arguments}
    strange = [n for n, kind in rule.parameters.items() if n not in own and not _is_resolved(kind)]
    if strange:
        raise WiringError(f"what {tool.name} asks by takes {', '.join(strange)}, which {tool.name} does not take")
    if rule.fixed and (told := sorted(tool.secret.intersection(rule.parameters))):
        raise WiringError(f"the question before {tool.name} would show {', '.join(told)}, which is a secret")
    annotations = {_CONTEXT: Context[Any, Any], **rule.parameters, **own}
    find.__annotations__ = {**annotations, "return": Approval | None}
    keyword = inspect.Parameter.KEYWORD_ONLY
    find.__signature__ = inspect.Signature([inspect.Parameter(name, keyword) for name in annotations])  # type: ignore[attr-defined]
    return find


def _is_resolved(annotation: Any) -> bool:
    return any(isinstance(mark, Resolve) for mark in getattr(annotation, "__metadata__", ()))


def _add_parameters(function: Callable[..., Any], added: Mapping[str, Any]) -> None:
    signature = inspect.signature(function)
    keyword = inspect.Parameter.KEYWORD_ONLY
    more = [inspect.Parameter(name, keyword, annotation=annotation) for name, annotation in added.items()]
    function.__annotations__ = {**function.__annotations__, **added}
    function.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *more])  # type: ignore[attr-defined]
