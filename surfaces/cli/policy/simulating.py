"""The evaluator's word on a caller who does not exist."""

import math
import time
from dataclasses import dataclass

from platform_core.auth.principal import Principal
from platform_core.policy.decide import Decision, Target, decide
from platform_core.policy.standing import Standing
from platform_core.policy.suspend import Suspensions
from surfaces.cli.policy.fetching import Found


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody as their token would say, at a surface."""

    groups: list[str]
    business_groups: list[str]
    roles: list[str]
    employment: str
    surface: str
    channel: str | None


def verdict(found: Found, caller: Caller, tool: str | None) -> Decision:
    """What they may do on the server as it stands now; without a tool, whether they may open it."""
    artefact = found.artefact
    who = Principal(
        subject="somebody",
        groups=frozenset(caller.groups),
        business_groups=frozenset(caller.business_groups),
        roles=frozenset(caller.roles),
        employment=caller.employment,
        client="",
        surface=caller.surface,
        channel=caller.channel,
        expires_at=math.inf,
    )
    closed = Suspensions(environment=artefact.environment, version=1, issued_at=0, entries=found.suspensions)
    target = Target("tools/call", tool) if tool else Target("server/discover")
    return decide(artefact, who, target, now=time.time(), standing=Standing(closed))
