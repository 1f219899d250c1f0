"""The one contract of all sources: places with fingerprints, and at each place a page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from servers.knowledge.index.audience import NOBODY, Audience


class Unreadable(Exception):
    """A page that can't be taken in; the text says why, and what its owner can do."""


class SourceDown(Exception):
    """A source that can't be listed now; what was read of it before stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document as its source has it, brought to Markdown."""

    name: str = ""
    """What it calls itself, the same wherever it is moved; empty where it has no such name."""
    title: str
    text: str
    audience: Audience = NOBODY
    """Who may read it there. A source that does not know says nobody."""
    url: str = ""
    owner: str = ""
    """Login of the person who answers for it."""
    team: str = ""
    updated: str = ""
    """ISO date."""
    review_by: str = ""
    supersedes: str = ""
    """Name of the page of this source, or `source/name` of another, that it replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a source has a page now."""

    key: str
    fingerprint: str
    """Of everything that `read` depends on: while it is the same, nothing is read."""
    read: Callable[[], Page] = field(repr=False)
    """Raises `Unreadable`."""


class Source(Protocol):
    """A place that documents come from."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def owner(self) -> str:
        """Login of the person who answers for what has no owner of its own."""
        ...

    def places(self) -> Iterator[Place]:
        """Everything that there is. Raises `SourceDown`, and then nothing counts as gone."""
        ...
