"""What the tools return: a compact text for the model, fields for programs."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import Field

from platform_core import Untrusted, told
from platform_core.told import Told, csv_line
from platform_core.untrusted import cleaned

PAGE = 40
"""Rows of one answer."""
_CELL = 300

Value = str | int | float | bool | None


class Rows(Told):
    """A table, or a page of it."""

    note: str
    columns: list[str]
    rows: told.Rows
    next_cursor: str | None = None

    def as_text(self) -> Iterable[str | Untrusted]:
        if not self.rows:
            return [self.note, more(self.next_cursor)]
        lines = [csv_line(self.columns), *map(csv_line, self.rows)]
        return [f"{self.note}\n", Untrusted("\n".join(lines)), more(self.next_cursor)]


class Text(Told):
    """A piece of text: a graph, a source, a log."""

    note: str
    text: Untrusted
    truncated: bool = False
    next_cursor: str | None = None

    def as_text(self) -> Iterable[str | Untrusted]:
        return [f"{self.note}\n", self.text, more(self.next_cursor)]


class Diagnosis(Told):
    """One run, judged."""

    run: str
    """`airflow:run/<dag>/<run>`."""
    state: str
    cause: str
    """What kind of reason: task_failed, pool_full, paused, sensor, human, ... or none."""
    task: str | None = None
    try_number: int | None = None
    said: Untrusted | None = None
    """The error lines, or why it waits."""
    tries: list[str] = Field(default=[])
    also: list[str] = Field(default=[])
    """Other tasks that failed of themselves; echoes of upstream failures are not among them."""
    echoes: int = 0
    changed: list[Untrusted] = Field(default=[])
    """Since the last success."""
    references: list[str] = Field(default=[])
    page: str | None = None
    """Where a person answers what a task asks."""
    unavailable: list[str] = Field(default=[])
    next: str = ""

    def as_text(self) -> Iterable[str | Untrusted]:
        yield f"{self.run} {self.state}: {self.cause}\n"
        if self.task:
            tried = f", try {self.try_number}" if self.try_number else ""
            yield from ("Task: ", Untrusted(self.task), f"{tried}\n")
        if self.said:
            yield from (self.said, "\n")
        if self.tries:
            yield f"Tries: {'; '.join(self.tries)}\n"
        if self.also:
            yield from ("Failed too: ", Untrusted(", ".join(self.also)), "\n")
        if self.echoes:
            yield f"Not run because of it: {counted(self.echoes, 'task')}\n"
        for change in self.changed:
            yield from ("Changed since the last success: ", change, "\n")
        if self.references:
            yield from ("References: ", Untrusted(" ".join(self.references)), "\n")
        if self.page:
            yield f"Page: {self.page}\n"
        if self.unavailable:
            yield f"Not available: {'; '.join(self.unavailable)}\n"
        yield f"Next: {self.next}"


class Changed(Told):
    """What a change did."""

    reference: str
    state: str
    note: str
    tasks: list[str] = Field(default=[])

    def as_text(self) -> Iterable[str | Untrusted]:
        tasks: list[str | Untrusted] = ["\nTasks: ", Untrusted(", ".join(self.tasks))] if self.tasks else []
        return [f"{self.reference} {self.state}: {self.note}", *tasks]


def table(
    note: str, columns: Sequence[str], rows: Sequence[Sequence[Value]], *, total: int, start: int = 0, page: int = PAGE
) -> Rows:
    """Rows `start` and on of `total`."""
    shown = [[cleaned(cell, _CELL) if isinstance(cell, str) else cell for cell in row] for row in rows[:page]]
    end = start + len(shown)
    part = f"{start + 1} to {end} of {total}" if end < total or start else counted(total, "row")
    following = str(end) if end < total and shown else None
    return Rows(note=f"{note} ({part})", columns=list(columns), rows=shown, next_cursor=following)


def uncounted(rows: Rows, end: int, total: int) -> Rows:
    """The rows without a count, which would tell of what the person may not see."""
    note = rows.note.rpartition(" (")[0]
    return rows.model_copy(update={"note": note, "next_cursor": str(end) if end < total else None})


def more(cursor: str | None) -> str:
    return f"\nMore: cursor={cursor}" if cursor else ""


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def moment(at: datetime | None) -> str | None:
    """A time to the minute, UTC."""
    return f"{at:%Y-%m-%d %H:%M}" if at else None


def span(seconds: float) -> str:
    """A duration that people read."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f}".rstrip("0").rstrip(".") + " s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
