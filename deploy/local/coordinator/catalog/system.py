"""The `system` catalog: the engine's own history, nodes, comments and what a driver asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from deploy.local.coordinator.catalog.tables import Column, Name, Row, Table
from deploy.local.coordinator.catalog.types import BIGINT, BOOLEAN, TIMESTAMP_TZ, VARCHAR, Type

if TYPE_CHECKING:
    from deploy.local.coordinator.catalog.catalogs import Catalogs

VERSION = "476"
"""The Trino that this engine was measured against and says it is."""

_TYPES = {"n": BIGINT, "b": BOOLEAN, "t": TIMESTAMP_TZ, "a": Type("array", (VARCHAR,))}
QUERIES = (
    "query_id state user source query a:resource_group_id n:queued_time_ms n:analysis_time_ms n:planning_time_ms "
    "t:created t:started t:last_heartbeat t:end error_type error_code"
)
_JDBC_TABLES = (
    "table_cat table_schem table_name table_type remarks type_cat type_schem type_name "
    "self_referencing_col_name ref_generation"
)
_JDBC_COLUMNS = (
    "table_cat table_schem table_name column_name n:data_type type_name n:column_size n:buffer_length "
    "n:decimal_digits n:num_prec_radix n:nullable remarks column_def n:sql_data_type n:sql_datetime_sub "
    "n:char_octet_length n:ordinal_position is_nullable scope_catalog scope_schema scope_table "
    "n:source_data_type is_autoincrement is_generatedcolumn"
)


def system_schemas(catalogs: Catalogs, history: Callable[[], list[Row]]) -> Mapping[str, Mapping[str, Table]]:
    """The schemas `metadata`, `runtime` and `jdbc`."""

    def named() -> list[Row]:
        return [(name, name, name) for name in catalogs.names()]

    def comments() -> list[Row]:
        return [(n.catalog, n.schema, n.table, table.comment) for n, table in catalogs.everything()]

    def nodes() -> list[Row]:
        return [("local-1", "", VERSION, True, "active")]

    def jdbc_tables() -> list[Row]:
        return [
            (n.catalog, n.schema, n.table, "TABLE", table.comment, None, None, None, None, None)
            for n, table in catalogs.everything()
        ]

    def jdbc_columns() -> list[Row]:
        return [row for name, table in catalogs.everything() for row in _described(name, table)]

    return {
        "metadata": {
            "catalogs": _table("catalog_name connector_id connector_name", named),
            "table_comments": _table("catalog_name schema_name table_name comment", comments),
        },
        "runtime": {
            "nodes": _table("node_id http_uri node_version b:coordinator state", nodes),
            "queries": _table(QUERIES, history),
        },
        "jdbc": {"columns": _table(_JDBC_COLUMNS, jdbc_columns), "tables": _table(_JDBC_TABLES, jdbc_tables)},
    }


def _table(names: str, rows: Callable[[], list[Row]]) -> Table:
    split = [name.rpartition(":") for name in names.split()]
    columns = tuple(Column(name=name, type=_TYPES.get(mark, VARCHAR)) for mark, _, name in split)
    return Table(columns=columns, answers=lambda _session: rows())


_JDBC = {
    "boolean": 16, "tinyint": -6, "smallint": 5, "integer": 4, "bigint": -5, "real": 7, "double": 8, "decimal": 3,
    "varchar": 12, "char": 1, "varbinary": -3, "date": 91, "time": 92, "timestamp": 93,
    "timestamp with time zone": 2014, "array": 2003,
}  # fmt: skip
_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "real": 24, "double": 53}


def _described(name: Name, table: Table) -> Iterator[Row]:
    for at, column in enumerate(table.columns, 1):
        raw, numbers = column.type.raw, [n for n in column.type.arguments if isinstance(n, int)]
        text = raw in ("varchar", "char")
        size = (numbers[0] if numbers else 2147483647) if text else _DIGITS.get(raw)
        radix = 2 if raw in ("real", "double") else 10 if raw in _DIGITS else None
        yield (
            name.catalog, name.schema, name.table, column.name, _JDBC.get(raw, 2000), str(column.type), size, 0, None,
            radix, int(column.nullable), column.comment, None, None, None, size if text else None, at,
            "YES" if column.nullable else "NO", None, None, None, None, None, None,
        )  # fmt: skip
