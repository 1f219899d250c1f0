"""What a check finds, and what a clause is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mcp.types import Tool

from platform_core.registration.contract import Registration

Review = Literal["security", "legal", "genai"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a check saw, and the mend."""

    what: str
    how: str
    who: str | None = None
    """Who can mend it, where that is not the server's owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A clause that a server does not keep."""

    clause: str
    server: str
    what: str
    who: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A server as code: what it would register, what it lists to a client, and the functions behind its tools."""

    registration: Registration
    listed: Sequence[Tool]
    functions: Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause of the standard: its text and reason stand in the document, who looks at it stands here."""

    id: str
    title: str
    of_registration: Callable[[Registration], Iterator[Fault]] | None = None
    """A check that needs only what is registered: everybody can run it."""
    of_code: Callable[[Written], Iterator[Fault]] | None = None
    """A check that needs the server itself: its author and the pipeline run it."""
    review: Review | None = None
    at_start: Callable[..., object] | None = None
    """What in the core refuses to start a server that breaks it: there is nothing else to look at then."""

    @property
    def held_by(self) -> str:
        """The name of its check, or the review that looks at it."""
        check = self.of_registration or self.of_code or self.at_start
        return check.__name__ if check else str(self.review)
