"""May I? Asked before the call, answered by the evaluator that the servers use."""

from fastapi import APIRouter
from pydantic import BaseModel

from platform_core.policy.artefact import Environment, Name, ToolName
from platform_core.policy.decide import Decision
from registry.api.about import AskedAbout
from registry.api.environment import InEnvironment
from registry.parts import PartsHere
from registry.refused import unknown_server
from registry.verdict import OPEN, call, how_to_ask, verdict

router = APIRouter()


class Verdict(BaseModel):
    allow: bool
    rule: str
    reason: str
    how_to_ask: str | None
    server: str
    tool: str | None
    environment: Environment


@router.get("/api/preflight")
async def preflight(
    who: AskedAbout, parts: PartsHere, environment: InEnvironment, server: Name, tool: ToolName | None = None
) -> Verdict:
    """Say whether the caller may open `server`, or call its `tool`, from where they are.

    A workload that may ask about people describes one instead.
    """
    standing = await parts.present.one(environment, server)
    if standing is None:
        unknown = unknown_server(server, environment)
        decision, ask = Decision(False, unknown.rule, unknown.detail), None
    else:
        decision = verdict(standing, who, call(tool) if tool else OPEN, now=parts.clock())
        ask = None if decision.allow else how_to_ask(standing)
    return Verdict(
        allow=decision.allow,
        rule=decision.rule,
        reason=decision.reason,
        how_to_ask=ask,
        server=server,
        tool=tool,
        environment=environment,
    )
