"""What the tools return: a compact text for the model, fields for programs."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from platform_core import Invalid, Untrusted
from platform_core.told import Told
from platform_core.untrusted import cleaned

_LINE = 300


def _clean(text: str) -> str:
    return cleaned(" ".join(text.split()), _LINE)


Line = Annotated[str, AfterValidator(_clean)]
"""A title, name or address out of a document: cleaned, not fenced; in the text form it stands between the fences."""


class Coverage(Told):
    """Whether what was found is about the question at all. It never says that it answers it."""

    verdict: Literal["off_topic", "unverified"]
    best: float
    threshold: float


class Passage(Told):
    """One passage, with what it takes to cite and to weigh it."""

    id: Line
    """`kb:passage/<document>#<place>@<hash>`."""
    title: Line
    headings: list[Line]
    url: Line
    source: str
    owner: Line
    updated: str
    flags: list[str]
    """stale, conflict, restricted, suspect."""
    why: list[str]
    """One line for each flag."""
    why_visible: str
    text: Untrusted


class Found(Told):
    """Passages, best first."""

    note: str
    coverage: Coverage
    searched: dict[str, int]
    """Documents of each source that were searched: those that the caller may read."""
    passages: list[Passage]
    next_cursor: str | None = None

    def as_text(self) -> Iterable[str | Untrusted]:
        yield f"{self.note} Coverage: {self.coverage.verdict} (best {self.coverage.best:g}, "
        yield f"off topic below {self.coverage.threshold:g}).\n"
        for passage in self.passages:
            yield from _shown(passage)
        yield more(self.next_cursor)


class Text(Told):
    """A piece of a document."""

    id: Line
    title: Line
    url: Line
    owner: Line
    updated: str
    hash: str
    flags: list[str]
    why: list[str]
    why_visible: str
    note: str
    sections: list[Line]
    text: Untrusted
    next_cursor: str | None = None

    def as_text(self) -> Iterable[str | Untrusted]:
        yield from (self.note, "\n", Untrusted(f"{self.id}\n{self.title} | {self.url} | {self.owner} | {self.updated}"))
        yield "".join(f"\n! {line}" for line in self.why) + "\n"
        yield self.text
        yield more(self.next_cursor)


class SourceFacts(Told):
    """One source, as much of it as the caller may read."""

    name: str
    title: Line
    owner: Line
    documents: int
    synced: str
    gaps: int
    """Open reports about documents that the caller may read."""


class Sources(Told):
    """What can be searched."""

    note: str
    sources: list[SourceFacts]


class Expert(Told):
    """A person, and the documents that speak for them."""

    login: Line
    team: Line
    evidence: list[Line]


class Experts(Told):
    """People, those with most to show first."""

    note: str
    people: list[Expert]

    def as_text(self) -> Iterable[str | Untrusted]:
        yield self.note
        for person in self.people:
            evidence = "; ".join(person.evidence)
            yield from ("\n", Untrusted(f"{person.login} ({person.team or 'no team'}): {evidence}"))


class Reported(Told):
    """Where a report went."""

    ticket: str
    owner: Line
    notified: bool = Field(default=False)
    note: str


def more(cursor: str | None) -> str:
    """The line that tells how to go on."""
    return f"\nMore: cursor={cursor}" if cursor else ""


def started(cursor: str, below: int) -> int:
    """Where the page begins that `cursor` asks for. Raises `Invalid`."""
    if not (cursor.isdecimal() and cursor.isascii() and int(cursor) < below):
        raise Invalid("`cursor` is what the page before gave as next_cursor.")
    return int(cursor)


def _shown(passage: Passage) -> Iterable[str | Untrusted]:
    where = " > ".join((passage.title, *passage.headings))
    about = " | ".join(filter(None, (passage.source, passage.owner, passage.updated, passage.url)))
    yield f"\n{passage.why_visible}" + "".join(f"\n! {line}" for line in passage.why) + "\n"
    yield Untrusted(f"{passage.id}\n{where}\n{about}\n{passage.text}")
    yield "\n"
