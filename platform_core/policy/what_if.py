"""What if: the evaluator's word on a caller who is made up."""

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import PolicyArtefact, ToolName
from platform_core.policy.decide import Decision, Target, decide
from platform_core.policy.standing import Standing
from platform_core.policy.suspend import Suspensions

Group = Annotated[str, Field(max_length=200)]
Groups = Annotated[tuple[Group, ...], Field(max_length=100)]


class Caller(BaseModel):
    """Somebody as their token would say, at a surface."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: Groups = ()
    business_groups: Groups = ()
    roles: Groups = ()
    employment: Group = "employee"
    surface: Group = "cli"
    channel: Group | None = None

    @property
    def principal(self) -> Principal:
        return Principal(
            subject="somebody",
            groups=frozenset(self.groups),
            business_groups=frozenset(self.business_groups),
            roles=frozenset(self.roles),
            employment=self.employment,
            client="",
            surface=self.surface,
            channel=self.channel,
            expires_at=math.inf,
        )


def say(
    artefact: PolicyArtefact, who: Principal, tool: ToolName | None, *, now: float, closed: Suspensions | None
) -> Decision:
    """What `who` may do: call `tool`, or without one open the server."""
    target = Target("tools/call", tool) if tool else Target("server/discover")
    return decide(artefact, who, target, now=now, standing=Standing(closed))
