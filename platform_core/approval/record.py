"""One approval, from the question to the end of what it allowed: what is bound, what was shown, what became of it."""

from typing import Literal

import msgspec

from platform_core.auth.principal import Principal
from platform_core.canonical import digest
from platform_core.policy.artefact import Environment, Risk

State = Literal["pending", "granted", "declined", "expired", "consumed", "done", "unknown"]
"""`consumed`: it runs; `unknown`: it was begun and nobody saw its end. Neither is ever begun again."""
Answer = Literal["granted", "declined", "expired"]
"""Yes, no, or closed without an answer."""
Way = Literal["form", "page"]
"""Where a person answers: in the client that called, or on the registry's page."""


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What a yes is for. Anything else is another call, and needs its own."""

    environment: Environment
    server: str
    tool: str
    contract: str
    """Digest of what the server promises."""
    arguments: str
    """Digest of the validated arguments in canonical form."""
    subject: str
    client: str
    surface: str
    channel: str | None = None
    workload: str | None = None

    @property
    def key(self) -> str:
        """One digest for all of it."""
        return digest(msgspec.to_builtins(self))

    @classmethod
    def to(
        cls, who: Principal, *, environment: Environment, server: str, tool: str, contract: str, arguments: str
    ) -> "Bound":
        """What a yes of `who` to this call is bound to."""
        return cls(
            environment=environment, server=server, tool=tool, contract=contract, arguments=arguments,
            subject=who.subject, client=who.client, surface=who.surface, channel=who.channel, workload=who.workload,
        )  # fmt: skip


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the person was shown; a yes holds while all of it is so."""

    title: str
    """The server, as people call it."""
    question: str
    target: str
    effect: str
    precondition: str
    arguments: str
    """As JSON; secrets are masked, and a cut says so."""
    risk: Risk
    approvers: str | None = None
    """A group of the directory whose people may answer as well as the one who is asked."""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A question and its fate. Times are seconds since the epoch."""

    id: str
    bound: Bound
    shown: Shown
    state: State
    asked_at: float
    expires_at: float
    agent: str | None = None
    """The program that asked, as it calls itself."""
    trace_id: str | None = None
    answered_at: float | None = None
    answered_on: Way | None = None
    answered_by: str | None = None
    """Who, where that may be somebody else than the one who was asked."""
    begun_at: float | None = None
    ended_at: float | None = None
    reference: str | None = None
    """By which id the backend knows what was begun."""
    after: str | None = None
    """The approval whose call runs before this one: both were answered at once, and in this order."""
    earlier: "Approval | None" = None
    """A yes to the same call that didn't hold (granted), or whose end nobody saw."""
