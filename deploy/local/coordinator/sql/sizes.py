"""How many rows and bytes a table would give, by Trino's own reckoning."""

from collections.abc import Iterable

from deploy.local.coordinator.catalog.tables import Column, Name, Statistics, Table
from deploy.local.coordinator.sql.names import quote
from deploy.local.coordinator.sql.plan import Asked

_WIDTHS = {
    "boolean": 1, "tinyint": 1, "smallint": 2, "integer": 4, "real": 4, "date": 4, "bigint": 8, "double": 8, "time": 8,
    "timestamp": 8, "timestamp with time zone": 8, "decimal": 16, "uuid": 16, "interval day to second": 8,
}  # fmt: skip
_UNKNOWN_WIDTH = 50


def statistics_of(name: Name, table: Table, asked: Asked) -> Statistics | None:
    """What was measured of a table; the memory catalog counts its rows, a made-up table knows nothing."""
    if table.statistics is not None or table.answers is not None:
        return table.statistics
    [[(rows,)]] = asked.connection.stream(f"SELECT count(*) FROM {'.'.join(map(quote, _parts(name)))}")  # noqa: S608
    return Statistics(rows=float(rows))


def bytes_of(statistics: Statistics, columns: Iterable[Column]) -> float:
    """The decoded size of `columns`: a byte a value for null, four more for the offset of what has no fixed width."""
    return sum(_column_bytes(statistics, column) for column in columns)


def _column_bytes(statistics: Statistics, column: Column) -> float:
    if column.type.raw in _WIDTHS:
        return statistics.rows * (1 + _WIDTHS[column.type.raw])
    known = statistics.columns.get(column.name)
    content = known.size if known and known.size is not None else statistics.rows * _UNKNOWN_WIDTH
    return statistics.rows * 5 + content


def _parts(name: Name) -> tuple[str, str, str]:
    return name.catalog, name.schema, name.table
