"""What every table has in common."""

from collections.abc import Iterable
from dataclasses import dataclass

from servers.spark.answers import Value
from servers.spark.digest import Digest, Stage
from servers.spark.findings.finding import span

Row = list[Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A table as it leaves: what it is, its columns, its rows."""

    note: str
    columns: tuple[str, ...]
    rows: list[Row]

    def matching(self, text: str) -> list[Row]:
        """The rows in which `text` stands."""
        wanted = text.lower()
        return [row for row in self.rows if not wanted or any(wanted in str(value).lower() for value in row)]


def after(digest: Digest, time: int | None) -> str | None:
    """A moment, counted from the application's start."""
    return f"+{span(time - digest.started)}" if time is not None else None


def took(start: int | None, end: int) -> str | None:
    return span(end - start) if start else None


def first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0][:300]


def words(values: Iterable[object]) -> str:
    return " ".join(map(str, values))


def state(stage: Stage) -> str:
    if stage.failure:
        return "failed"
    return "done" if stage.completed else "running" if stage.submitted else "pending"
