"""What a Seedbed server or surface may import."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_core.adapter import Resolve
    from platform_core.approval.desk import began
    from platform_core.approval.question import Question, requires_approval
    from platform_core.call import the_call
    from platform_core.errors import Denied, DomainError, Invalid, NotFound, Unavailable, WiringError
    from platform_core.policy.authorize import authorize_tool
    from platform_core.results import Link
    from platform_core.server import Caller, Server
    from platform_core.untrusted import Cell, Untrusted

__all__ = [
    "Caller",
    "Cell",
    "Denied",
    "DomainError",
    "Invalid",
    "Link",
    "NotFound",
    "Question",
    "Resolve",
    "Server",
    "Unavailable",
    "Untrusted",
    "WiringError",
    "authorize_tool",
    "began",
    "requires_approval",
    "the_call",
]

_HOMES = dict.fromkeys(["Denied", "DomainError", "Invalid", "NotFound", "Unavailable", "WiringError"], "errors") | {
    "Caller": "server",
    "Cell": "untrusted",
    "Link": "results",
    "Question": "approval.question",
    "Resolve": "adapter",
    "Server": "server",
    "Untrusted": "untrusted",
    "authorize_tool": "policy.authorize",
    "began": "approval.desk",
    "requires_approval": "approval.question",
    "the_call": "call",
}


def __getattr__(name: str) -> object:
    # Loaded when asked for: the MCP SDK takes a second, and the gateway and the CLI need none of it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
