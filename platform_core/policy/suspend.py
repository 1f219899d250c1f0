"""What was closed at once, whatever the policies say: a server, something of it, a person."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from platform_core.auth.clients import Environment
from platform_core.policy.artefact import Name, ToolName
from platform_core.policy.templates import fits


def _is_nothing(value: object) -> bool:
    return value is None


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Suspension(_Frozen):
    """One thing that is closed: a server, something of it, or a person everywhere. Times are epoch seconds."""

    server: Name | None = None
    tool: ToolName | None = None
    text: Annotated[str, Field(min_length=1, max_length=1_000)] | None = Field(default=None, exclude_if=_is_nothing)
    """A resource by its URI or template, or a prompt by its name. Lists without one read as they always did."""
    person: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    """For whoever is refused."""
    by: str
    at: int

    @model_validator(mode="after")
    def _closes_one_thing(self) -> "Suspension":
        within = (self.tool is not None) + (self.text is not None)
        if (self.server is None) is (self.person is None) or within > (self.server is not None):
            raise ValueError("a suspension names a server, one thing of a server, or a person")
        return self

    @property
    def within(self) -> str | None:
        """What of the server it closes; None where it is all of it."""
        return self.tool or self.text

    def same_as(self, other: "Suspension") -> bool:
        """Whether both close the same, whoever said why and when."""
        mine, theirs = (each.model_copy(update={"reason": "", "by": "", "at": 0}) for each in (self, other))
        return mine == theirs

    def covers(self, server: str, tool: str | None, person: str, *, text: str | None = None) -> bool:
        """Whether it closes `tool` or `text` of `server` (or, without either, the server itself) to `person`."""
        if self.person is not None:
            return self.person == person
        if self.text is not None:
            return self.server == server and text is not None and fits(self.text, text)
        return self.server == server and self.tool in (None, tool)


class Suspensions(_Frozen):
    """All that is closed in one environment. A higher version replaces the whole; what it leaves out is open again."""

    kind: Literal["suspensions"] = "suspensions"
    format: Literal[1] = 1
    environment: Environment
    version: Annotated[int, Field(ge=1)]
    issued_at: int
    entries: tuple[Suspension, ...] = ()

    def closing(self, server: str, tool: str | None, person: str, *, text: str | None = None) -> Suspension | None:
        """The first suspension that closes `tool` or `text` of `server` to `person`."""
        return next((entry for entry in self.entries if entry.covers(server, tool, person, text=text)), None)
