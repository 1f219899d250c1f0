"""What a statement will do, known before it does it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from deploy.local.coordinator.catalog.catalogs import Catalogs
from deploy.local.coordinator.catalog.tables import Column, Name, Row, Table
from deploy.local.coordinator.catalog.types import Type
from deploy.local.coordinator.engine import Connection
from deploy.local.coordinator.session import Session

Batches = Iterator[list[Row]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks, of what, through which connection."""

    session: Session
    catalogs: Catalogs
    connection: Connection


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A table that a statement reads, and which of its columns."""

    name: Name
    table: Table = field(compare=False)
    columns: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The result's columns, and `rows` which does the work when it is called."""

    rows: Callable[[], Batches]
    columns: tuple[Column, ...] = ()
    update_type: str | None = None
    """Set for whatever is no plain read, as Trino sets it."""
    counted: bool = False
    """The only row holds the number of rows written."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the client shall keep for its next statements."""
    scans: tuple[Scan, ...] = ()
    target: Name | None = None
    """The table that is written."""
    query: str | None = None
    """The query within, in DuckDB's SQL."""

    def over(self) -> "Plan":
        """What there is to tell of the plan once its work is done; history keeps no more."""
        return replace(self, rows=lambda: iter(()), query=None)


def at_once(names: Mapping[str, Type], rows: list[Row]) -> Plan:
    """The plan of a statement whose answer is already known."""
    return Plan(columns=tuple(Column(name=n, type=t) for n, t in names.items()), rows=lambda: iter([rows]))


def quietly(update_type: str, work: Callable[[], object] | None = None, *, target: Name | None = None) -> Plan:
    """The plan of a statement that does `work` and answers with no rows."""

    def rows() -> Batches:
        if work is not None:
            work()
        return iter(())

    return Plan(rows=rows, update_type=update_type, target=target)


def change(update_type: str, sql: str, keep: Callable[[], None], target: Name | None, asked: Asked) -> Plan:
    """The plan of a change to what exists: DuckDB's part of it first, then the catalog's."""

    def work() -> None:
        asked.connection.run(sql)
        keep()

    return quietly(update_type, work, target=target)
