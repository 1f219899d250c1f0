"""What a Seedbed server or surface may import."""

from platform_core.adapter import Resolve
from platform_core.call import the_call
from platform_core.errors import Denied, DomainError, Invalid, NotFound, Unavailable, WiringError
from platform_core.policy.authorize import authorize_tool
from platform_core.server import Caller, Server
from platform_core.untrusted import Cell, Untrusted

__all__ = [
    "Caller",
    "Cell",
    "Denied",
    "DomainError",
    "Invalid",
    "NotFound",
    "Resolve",
    "Server",
    "Unavailable",
    "Untrusted",
    "WiringError",
    "authorize_tool",
    "the_call",
]
