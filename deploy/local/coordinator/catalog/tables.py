"""Tables as Trino describes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.local.coordinator.catalog.types import Type
from deploy.local.coordinator.session import Session

Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Name:
    """Where a table is: all three parts, in lower case."""

    catalog: str
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.catalog}.{self.schema}.{self.table}"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table or of a result."""

    name: str
    type: Type
    comment: str | None = None
    nullable: bool = True


@dataclass(frozen=True, kw_only=True)
class ColumnStatistics:
    """What is known of the values of a column; `size` is the bytes of all its text."""

    distinct: float
    low: str | None = None
    high: str | None = None
    size: float | None = None


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What is known of a table without reading it."""

    rows: float
    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict[str, ColumnStatistics])


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; one with `answers` is made up when it is read, any other lies in DuckDB under the same name."""

    columns: tuple[Column, ...]
    comment: str | None = None
    statistics: Statistics | None = None
    answers: Callable[[Session], list[Row]] | None = None

    def column(self, name: str) -> Column | None:
        """The column of that name, in any case."""
        return next((column for column in self.columns if column.name == name.lower()), None)
