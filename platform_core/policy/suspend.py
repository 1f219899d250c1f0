"""What was closed at once, whatever the policies say: a server, a tool, a person."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from platform_core.auth.clients import Environment
from platform_core.policy.artefact import Name, ToolName


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Suspension(_Frozen):
    """One thing that is closed: a server, a tool of a server, or a person everywhere. Times are epoch seconds."""

    server: Name | None = None
    tool: ToolName | None = None
    person: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    """For whoever is refused."""
    by: str
    at: int

    @model_validator(mode="after")
    def _closes_one_thing(self) -> "Suspension":
        if (self.server is None) is (self.person is None) or (self.tool is not None and self.server is None):
            raise ValueError("a suspension names a server, a server and its tool, or a person")
        return self

    def covers(self, server: str, tool: str | None, person: str) -> bool:
        """Whether it closes `tool` of `server` (or, with None, the server itself) to `person`."""
        if self.person is not None:
            return self.person == person
        return self.server == server and self.tool in (None, tool)


class Suspensions(_Frozen):
    """All that is closed in one environment. A higher version replaces the whole; what it leaves out is open again."""

    kind: Literal["suspensions"] = "suspensions"
    format: Literal[1] = 1
    environment: Environment
    version: Annotated[int, Field(ge=1)]
    issued_at: int
    entries: tuple[Suspension, ...] = ()

    def closing(self, server: str, tool: str | None, person: str) -> Suspension | None:
        """The first suspension that closes `tool` of `server` to `person`."""
        return next((entry for entry in self.entries if entry.covers(server, tool, person)), None)
