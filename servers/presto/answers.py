"""What the tools return: a compact text for the model, fields for programs."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from platform_core import Link
from platform_core.told import Told, csv_line
from platform_core.untrusted import Untrusted, cleaned

OBJECTS = WithJsonSchema({"type": "array", "items": {"type": "object"}})
"""For lists of small things whose fields are plain when they are seen."""
MAYBE_NUMBER = WithJsonSchema({"type": ["number", "null"]})
MAYBE_TEXT = WithJsonSchema({"type": ["string", "null"]})


def _clean(name: str) -> str:
    return cleaned(name, 2_000)


Name = Annotated[str, AfterValidator(_clean)]
"""A name out of the catalogue: cleaned, not fenced, since it goes into the next statement as it is."""


class Column(BaseModel):
    """A column; `type` is the engine's own name for it."""

    name: Name
    type: Name


class Answer(Told):
    """Rows of a query, a line of CSV each, since clients hand the fields to their model: values as the engine wrote
    them, what has parts as JSON, nothing for null. The columns say the types."""

    columns: Annotated[list[Column], OBJECTS]
    rows: list[str]
    truncated: bool
    status: Literal["finished", "running"] = "finished"
    query_id: str
    cursor: Annotated[int | None, MAYBE_NUMBER] = None
    user: str
    digest: str
    elapsed_ms: int
    bytes_read: int
    changed: SkipJsonSchema[int | None] = Field(default=None, exclude=True)
    """Rows that a change has changed."""
    link: SkipJsonSchema[Link | None] = Field(default=None, exclude=True)
    """To all rows, where it was asked for."""
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        if not self.columns:
            return [self.note]
        query = "" if self.status == "running" else f" Query {self.query_id}."
        return [f"{self.note}{query}\n", Untrusted(csv_of(self))]

    def as_links(self) -> Iterable[Link]:
        return [self.link] if self.link else []


class Ended(Told):
    """A query that was cancelled, and what it has cost."""

    query_id: str
    elapsed_ms: int
    bytes_read: int
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        return [self.note]


class Metrics(Told):
    """A metric and what it means."""

    about: str
    columns: Annotated[list[Column], OBJECTS]
    rows: list[str]
    truncated: bool
    query_id: str
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        return [f"{self.about} {self.note} Query {self.query_id}.\n", Untrusted(csv_of(self))]


class Written(Told):
    """What a change has done."""

    table: Name
    status: Literal["finished", "running"]
    changed: Annotated[int | None, MAYBE_NUMBER]
    rows_before: Annotated[int | None, MAYBE_NUMBER]
    rows_after: Annotated[int | None, MAYBE_NUMBER]
    query_id: str
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        counts = f" Before: {self.rows_before}, now: {self.rows_after}." if self.rows_after is not None else ""
        return [f"{self.note}{counts}"]


class Scanned(BaseModel):
    table: Name
    rows: float | None
    bytes: float | None
    filters: list[Name]


class Check(Told):
    """What a statement is and what it would cost."""

    kind: Literal["read", "write", "refused"]
    approval_needed: bool
    tables: Annotated[list[Scanned], OBJECTS] = Field(default_factory=list[Scanned])
    columns: list[Name] = Field(default_factory=list[str])
    bytes: Annotated[float | None, MAYBE_NUMBER] = None
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        tables = "\n".join(_scanned(table) for table in self.tables)
        return [f"{self.note}\n", Untrusted(tables)] if tables else [self.note]


def csv_of(table: Answer | Metrics) -> str:
    """All of a table, its names on top."""
    return "\n".join([csv_line([column.name for column in table.columns]), *table.rows])


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def amount(size: float | None) -> str:
    """`1.5 GB`, as people say it."""
    if size is None:
        return "an unknown amount"
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"


def _scanned(table: Scanned) -> str:
    rows = "rows unknown" if table.rows is None else counted(round(table.rows), "row")
    filters = f", filtered on {' '.join(table.filters)}" if table.filters else ", no filter that helps"
    return f"{table.table}: {rows}, {amount(table.bytes)}{filters}"
