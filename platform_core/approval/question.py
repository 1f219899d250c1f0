"""`@requires_approval`: what a person is asked before a tool runs, and when."""

import inspect
import string
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from platform_core.errors import WiringError
from platform_core.policy.artefact import Risk
from platform_core.untrusted import cleaned

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "__seedbed_approval__"
LINE = 300
"""Characters of a question, a target or an effect; nobody reads more before saying yes."""
WORD = 120
"""Characters of one argument inside a question; the whole of it stands below, among the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked. A yes holds as long as every word of it is still true."""

    text: str
    """The question: "Delete 1,204 rows of staging.events?"."""
    target: str = ""
    """What it happens to."""
    effect: str = ""
    """What will be different afterwards, with numbers."""
    precondition: str = ""
    """What must still be so when it runs: a count, a snapshot, the list of a dry run."""

    def __post_init__(self) -> None:
        for name in ("text", "target", "effect"):
            object.__setattr__(self, name, _one_line(getattr(self, name), LINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """A tool behind the gate."""

    name: str
    risk: Risk
    secret: frozenset[str]
    """Arguments that nobody is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When to ask and what. `ask` takes some of the tool's validated arguments by name, and resolved parameters."""

    ask: Callable[..., Awaitable[Question | None]]
    parameters: Mapping[str, Any]
    """Names to annotations."""
    wording: str
    """The fixed question, or `computed`, and who else may answer: part of what reviews judge."""
    fixed: bool
    approvers: str | None
    """A group whose people may answer as well as the one who is asked."""


def requires_approval(
    asks: str | Callable[..., Awaitable[Question | None]],
    *,
    target: str = "",
    effect: str = "",
    approvers: str | None = None,
) -> Callable[[F], F]:
    """Let a person say yes before the tool runs.

        @requires_approval("Delete {n} rows of {table}?", target="{table}")

    asks every time, in words made of the tool's arguments. A function is asked first whether there is a need:

        async def large_scan(sql: str, presto: Presto) -> Question | None: ...

        @requires_approval(large_scan)

    It takes validated arguments of the tool by name, and parameters such as `Caller`; None means that nobody need be
    asked. It is asked again right before the tool runs: where its answer differs, the yes is void. People of the group
    `approvers` may answer on the registry's page as well as the caller.
    """
    rule = _fixed(asks, target, effect, approvers) if isinstance(asks, str) else _computed(asks, approvers)

    def mark(function: F) -> F:
        setattr(function, _MARK, rule)
        return function

    return mark


def rule_of(function: Callable[..., Any]) -> Rule | None:
    """What stands before `function`; None where nobody need be asked."""
    rule = getattr(function, _MARK, None)
    return rule if isinstance(rule, Rule) else None


def _fixed(text: str, target: str, effect: str, approvers: str | None) -> Rule:
    names = {name: Any for template in (text, target, effect) for name in _names(template)}

    async def ask(**given: Any) -> Question:
        words = {name: _one_line(value, WORD) if isinstance(value, str) else value for name, value in given.items()}
        return Question(text=text.format(**words), target=target.format(**words), effect=effect.format(**words))

    return Rule(ask=ask, parameters=names, wording=_judged(text, approvers), fixed=True, approvers=approvers)


def _judged(wording: str, approvers: str | None) -> str:
    return f"{wording} [or by {approvers}]" if approvers else wording


def _names(template: str) -> list[str]:
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise WiringError(f"the question {template!r} can't be read: {error}") from None
    if wrong := [name for name in names if not name.isidentifier()]:
        raise WiringError(f"the question {template!r} may hold names of arguments, and {wrong[0]!r} is none")
    return names


def _computed(ask: Callable[..., Awaitable[Question | None]], approvers: str | None) -> Rule:
    if not inspect.iscoroutinefunction(ask):
        raise WiringError(f"what @requires_approval asks by, {ask!r}, must be a text or an `async def`")
    hints = get_type_hints(ask, include_extras=True)
    names = inspect.signature(ask).parameters
    parameters = {name: hints.get(name, Any) for name in names}
    wording = _judged("computed", approvers)
    return Rule(ask=ask, parameters=parameters, wording=wording, fixed=False, approvers=approvers)


def _one_line(text: str, cap: int) -> str:
    return cleaned(" ".join(text.split()), cap)
