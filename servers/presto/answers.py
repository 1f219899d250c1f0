"""What the tools return: a compact text for the model, fields for programs."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel

from platform_core.untrusted import Cell, Untrusted, cleaned

_QUOTED = re.compile(r'[",\n\r]|^$')


def _clean(name: str) -> str:
    return cleaned(name, 2_000)


Name = Annotated[str, AfterValidator(_clean)]
"""A name out of the catalogue: cleaned, not fenced, since it goes into the next statement as it is."""


class Column(BaseModel):
    """A column; `type` is the engine's own name for it."""

    name: Name
    type: Name


class DescribedColumn(Column):
    comment: Untrusted | None = None


class Answer(BaseModel):
    """Rows of a query, each value as the engine wrote it; what has parts is JSON."""

    columns: list[Column]
    rows: list[list[Cell]]
    truncated: bool
    status: Literal["finished", "running", "cancelled"] = "finished"
    query_id: str
    cursor: int | None = None
    user: str
    digest: str
    elapsed_ms: int
    bytes_read: int
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        if not self.columns:
            return [self.note]
        lines = [csv_line([column.name for column in self.columns]), *map(csv_line, self.rows)]
        return [f"{self.note}\n", Untrusted("\n".join(lines))]


class Scanned(BaseModel):
    table: Name
    rows: float | None
    bytes: float | None
    filters: list[Name]


class Check(BaseModel):
    """What a statement is and what it would cost."""

    kind: Literal["read", "write", "refused"]
    approval_needed: bool
    tables: list[Scanned] = []
    columns: list[Name] = []
    bytes: float | None = None
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        tables = "\n".join(_scanned(table) for table in self.tables)
        return [f"{self.note}\n", Untrusted(tables)] if tables else [self.note]


class FoundTable(BaseModel):
    table: Name
    columns: Name
    comment: Untrusted | None = None


class FoundSchema(BaseModel):
    name: Name
    tables: int


class Found(BaseModel):
    """Tables, or the schemas that hold them."""

    total: int
    tables: list[FoundTable] = []
    schemas: list[FoundSchema] = []
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        schemas = (f"{schema.name}: {counted(schema.tables, 'table')}" for schema in self.schemas)
        tables = (_line(f"{found.table} ({found.columns})", found.comment) for found in self.tables)
        return [f"{self.note}\n", Untrusted("\n".join([*schemas, *tables]))] if self.total else [self.note]


class Description(BaseModel):
    """One table."""

    table: Name
    comment: Untrusted | None = None
    estimated_rows: int | None = None
    columns: list[DescribedColumn]

    def as_text(self) -> Iterable[str | Untrusted]:
        size = "rows unknown" if self.estimated_rows is None else f"about {counted(self.estimated_rows, 'row')}"
        columns = (_line(f"{column.name} {column.type}", column.comment) for column in self.columns)
        head = _line(str(self.table), self.comment)
        return [f"{counted(len(self.columns), 'column')}, {size}\n", Untrusted("\n".join([head, *columns]))]


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def csv_line(values: Sequence[str | int | float | bool | None]) -> str:
    """One line of CSV: NULL is nothing at all, the empty text is two quotes."""
    return ",".join(map(_field, values))


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


def _field(value: str | int | float | bool | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str() if _QUOTED.search(value):
            return '"' + value.replace('"', '""') + '"'
        case _:
            return str(value)


def _line(text: str, comment: object) -> str:
    return f"{text} -- {comment}" if comment else text
