"""Tables as they are shown: found by words, listed, described."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, Field

from platform_core.told import Told
from platform_core.untrusted import Cell, Untrusted
from servers.presto.answers import MAYBE_NUMBER, MAYBE_TEXT, OBJECTS, Column, Name, amount, counted


class FoundTable(BaseModel):
    table: Name
    columns: Name
    comment: Untrusted | None = None
    facts: str = ""
    used_by: int = 0
    yours: list[Untrusted] = []


class FoundSchema(BaseModel):
    name: Name
    tables: int


class Found(Told):
    """Tables, or the schemas that hold them."""

    total: int
    tables: Annotated[list[FoundTable], OBJECTS] = Field(default_factory=list[FoundTable])
    schemas: Annotated[list[FoundSchema], OBJECTS] = Field(default_factory=list[FoundSchema])
    next_page: Annotated[int | None, MAYBE_NUMBER] = None
    note: str

    def as_text(self) -> Iterable[str | Untrusted]:
        schemas = (f"{schema.name}: {counted(schema.tables, 'table')}" for schema in self.schemas)
        tables = (line for found in self.tables for line in _found(found))
        return [f"{self.note}\n", Untrusted("\n".join([*schemas, *tables]))] if self.total else [self.note]


class DescribedColumn(Column):
    comment: Untrusted | None = None
    partition: bool = False
    latest: Cell = None


class Description(Told):
    """One table."""

    table: Name
    comment: Annotated[Untrusted | None, MAYBE_TEXT] = None
    facts: str = ""
    estimated_rows: Annotated[int | None, MAYBE_NUMBER] = None
    estimated_bytes: Annotated[float | None, MAYBE_NUMBER] = None
    columns: Annotated[list[DescribedColumn], OBJECTS]
    view: Annotated[Untrusted | None, MAYBE_TEXT] = None
    sample: list[str] = Field(default_factory=list[str])

    def as_text(self) -> Iterable[str | Untrusted]:
        size = "rows unknown" if self.estimated_rows is None else f"about {counted(self.estimated_rows, 'row')}"
        size += f", {amount(self.estimated_bytes)}" if self.estimated_bytes is not None else ""
        facts = f", {self.facts}" if self.facts else ""
        head = _line(str(self.table), self.comment)
        lines = [head, *map(_described, self.columns), *([f"view: {self.view}"] if self.view else [])]
        lines += ["sample:", *self.sample] if self.sample else []
        return [f"{counted(len(self.columns), 'column')}, {size}{facts}\n", Untrusted("\n".join(lines))]


def _described(column: DescribedColumn) -> str:
    latest = f", latest {column.latest}" if column.latest is not None else ""
    partition = f" (partition key{latest})" if column.partition else ""
    return _line(f"{column.name} {column.type}{partition}", column.comment)


def _found(found: FoundTable) -> list[str]:
    facts = f" [{found.facts}]" if found.facts else ""
    people = "1 person" if found.used_by == 1 else f"{found.used_by} people"
    used = f" (asked by {people})" if found.used_by else ""
    head = _line(f"{found.table} ({found.columns}){facts}{used}", found.comment)
    return [head, *(f"  you asked: {said}" for said in found.yours)]


def _line(text: str, comment: object) -> str:
    return f"{text} -- {comment}" if comment else text
