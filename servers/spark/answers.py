"""What the tools return: a compact text for the model, fields for programs."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from platform_core import Untrusted, told
from platform_core.told import Told, csv_line
from platform_core.untrusted import cleaned

PAGE = 50
"""Rows of one answer."""
_REF = 120
_CELL = 300
"""Characters of one cell; the whole text of what is longer is in `get_failures` or the log."""

Value = str | int | float | bool | None


def _clean(text: str) -> str:
    return cleaned(text, _REF)


Ref = Annotated[str, AfterValidator(_clean)]
"""A name out of a log that goes into the next question: cleaned, not fenced."""


class Rows(Told):
    """A table, or a page of it."""

    note: str
    columns: list[str]
    rows: told.Rows
    next_cursor: str | None = None

    def as_text(self) -> Iterable[str | Untrusted]:
        if not self.rows:
            return [self.note]
        lines = [csv_line(self.columns), *map(csv_line, self.rows)]
        more = f"\nMore: cursor={self.next_cursor}" if self.next_cursor else ""
        return [f"{self.note}\n", Untrusted("\n".join(lines)), more]


class Text(Told):
    """A piece of text out of a log."""

    note: str
    text: Untrusted
    truncated: bool = False
    next_cursor: str | None = None

    def as_text(self) -> Iterable[str | Untrusted]:
        more = f"\nMore: cursor={self.next_cursor}" if self.next_cursor else ""
        return [f"{self.note}\n", self.text, more]


class Other(Told):
    kind: str
    what: Untrusted
    evidence: list[Ref]
    lost_seconds: float


class Verdict(Told):
    """One application, judged."""

    app: str
    status: str
    kind: str
    cause: Untrusted | None = None
    evidence: list[Ref] = Field(default=[])
    echoes: list[Ref] = Field(default=[])
    lost_seconds: float = 0
    confidence: str = "high"
    disproof: str = ""
    signature: str = ""
    others: list[Other] = Field(default=[])
    unavailable: list[str] = Field(default=[])
    links: list[str] = Field(default=[])
    next: str = ""

    def as_text(self) -> Iterable[str | Untrusted]:
        yield f"{self.app} {self.status}: {self.kind} (confidence {self.confidence}, {self.lost_seconds:g} s lost)\n"
        if self.cause is not None:
            yield from ("Cause: ", self.cause, "\nEvidence: ", Untrusted(" ".join(self.evidence)), "\n")
        if self.echoes:
            yield from ("Followed from it: ", Untrusted(", ".join(self.echoes)), "\n")
        if self.disproof:
            yield f"Would disprove it: {self.disproof}\n"
        for other in self.others:
            said = Untrusted(f"{other.what} {' '.join(other.evidence)}")
            yield from (f"Also {other.kind} ({other.lost_seconds:g} s): ", said, "\n")
        if self.unavailable:
            yield f"Not available: {'; '.join(self.unavailable)}\n"
        if self.links:
            yield from ("Links: ", Untrusted(" ".join(self.links)), "\n")
        yield f"Next: {self.next}"


class Recorded(Told):
    """A root cause as it is kept."""

    id: str
    version: int
    note: str


def table(
    note: str, columns: Sequence[str], rows: Sequence[Sequence[Value]], *, start: int = 0, page: int = PAGE
) -> Rows:
    """A page of a table, from row `start` on."""
    shown = [[cell(value) for value in row] for row in rows[start : start + page]]
    more = str(start + page) if len(rows) > start + page else None
    counted = f"{len(rows)} rows" if len(rows) != 1 else "1 row"
    part = f"rows {start + 1} to {start + len(shown)} of {len(rows)}" if more or start else counted
    return Rows(note=f"{note} ({part})", columns=list(columns), rows=shown, next_cursor=more)


def cell(value: Value) -> Value:
    return cleaned(value, _CELL) if isinstance(value, str) else value
