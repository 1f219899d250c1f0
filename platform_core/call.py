"""The call that is going on: who makes it and how it can be found again."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from platform_core.auth.principal import Principal
from platform_core.errors import WiringError
from platform_core.telemetry.record import Outcome


def _nothing(tool: str) -> bool:
    """What a call may that nobody has judged."""
    return False


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, from the border inwards."""

    principal: Principal
    traceparent: str | None = None
    """The proxy's W3C trace context."""
    request_id: str | None = None
    failure: BaseException | None = None
    """What the tool raised; filled in where it is caught, read where the record is written."""
    ended: Outcome | None = None
    """How it ended, where it did not end well."""
    approval: str | None = None
    """The approval that stands before it, asked for or given."""
    asking: bool = False
    """Whether a form was sent to the client, whose answer nobody has read yet."""

    may: Callable[[str], bool] = _nothing
    """Whether this caller may call a tool of the server, now: for what an answer gives beside the tool's own work."""
    in_force: str = ""
    """Names the policy and the contract that the call was judged by; what was given under others is void."""

    @property
    def trace_id(self) -> str | None:
        """32 hex digits that join surface, proxy, server and backend."""
        parts = (self.traceparent or "").split("-")
        return parts[1] if len(parts) == 4 and len(parts[1]) == 32 else None

    judged: bool = False
    """Whether a message of this call was judged: on a kept connection one caller sends many."""

    def next_message(self) -> "Call":
        """This call for its first message, a fresh one of the same caller for every later one: failures differ."""
        if not self.judged:
            self.judged = True
            return self
        fresh = Call(principal=self.principal, traceparent=self.traceparent, request_id=self.request_id, judged=True)
        current_call.set(fresh)
        return fresh


current_call: ContextVar[Call] = ContextVar("seedbed_call")
"""Set once per request at the border, before any protocol code runs."""


def the_call() -> Call:
    """The call that is going on. Raises `WiringError` outside of one: nobody is nobody, never somebody."""
    try:
        return current_call.get()
    except LookupError:
        raise WiringError("there is no call here: a tool was run outside of its server") from None
