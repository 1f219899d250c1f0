"""Close a server, a tool or a person at once. A program may close and never open: that takes a person at a browser."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from platform_core.policy.artefact import Environment, Name, ToolName
from platform_core.policy.suspend import Suspension
from registry.api.caller import Caller
from registry.parts import Parts, PartsHere
from registry.refused import Refused, unknown_server
from registry.roles import as_operator
from registry.suspending import EVERYWHERE

router = APIRouter()


class Ask(BaseModel):
    """What to close: a server, a tool of it, or a person, who is closed out of every environment."""

    model_config = ConfigDict(extra="forbid")

    environment: Environment = "production"
    server: Name | None = None
    tool: ToolName | None = None
    person: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=300)]

    @model_validator(mode="after")
    def _closes_one_thing(self) -> "Ask":
        Suspension(server=self.server, tool=self.tool, person=self.person, reason=self.reason, by="", at=0)
        return self

    @property
    def environments(self) -> tuple[Environment, ...]:
        return EVERYWHERE if self.person else (self.environment,)


class Closed(BaseModel):
    environments: tuple[Environment, ...]
    server: str | None
    tool: str | None
    person: str | None
    lifted_at: str
    """The page on which a person with the role of an operator opens it again."""


@router.post("/api/suspensions")
async def suspend(who: Caller, parts: PartsHere, ask: Ask) -> Closed:
    """Close it, wherever the caller sits: only operators may."""
    await as_operator(parts, who)
    if ask.server:
        await _must_exist(parts, ask.environment, ask.server, ask.tool)
    entry = Suspension(
        server=ask.server, tool=ask.tool, person=ask.person, reason=ask.reason, by=who.subject, at=int(parts.clock())
    )
    await parts.suspending.suspend(entry, ask.environments)
    return Closed(
        environments=ask.environments,
        server=ask.server,
        tool=ask.tool,
        person=ask.person,
        lifted_at=f"{parts.platform.base}/suspensions",
    )


async def _must_exist(parts: Parts, environment: Environment, server: str, tool: str | None) -> None:
    # A slip of the pen must not look like a closed server.
    async with parts.database.reading() as connection:
        standing = await parts.standings.one(connection, environment, server)
    if standing is None:
        raise unknown_server(server, environment)
    if tool is not None and tool not in standing.contract.tools:
        known = ", ".join(standing.contract.tools)
        detail = f"{server} has no tool {tool}; it has {known}"
        raise Refused(code="invalid", rule="registry/unknown-tool", detail=detail, server=server)
