"""`@authorize_tool(policy="...")`: which reviewed policy stands before a tool, a resource or a prompt."""

from collections.abc import Callable
from typing import Any, TypeVar

from platform_core.errors import WiringError

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "__seedbed_policy__"


def authorize_tool(*, policy: str) -> Callable[[F], F]:
    """Put the named policy before the function.

    The name stands here; the expression behind it comes from the signed artefact, on every request, before the body
    runs. A caller for whom it does not hold gets a result with `isError` and `{code: authorization_denied, rule,
    how_to_ask}`. A function without this decorator can't be published: the server refuses to start.
    """

    def mark(function: F) -> F:
        setattr(function, _MARK, policy)
        return function

    return mark


def policy_of(function: Callable[..., Any], *, kind: str) -> str:
    """The policy that stands before `function`, or `WiringError` where nobody put one."""
    policy = getattr(function, _MARK, None)
    if not isinstance(policy, str):
        name = getattr(function, "__name__", "?")
        raise WiringError(
            f"the {kind} {name} has no policy: put @authorize_tool(policy=...) under @server.{kind}(), "
            "and the expression of that policy under `proposes` in server.yaml",
            clause="MCP-AUTH-1",
        )
    return policy
