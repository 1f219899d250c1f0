"""The `information_schema` that every catalog has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from deploy.local.coordinator.catalog.tables import Column, Row, Table
from deploy.local.coordinator.catalog.types import BIGINT, VARCHAR

if TYPE_CHECKING:
    from deploy.local.coordinator.catalog.catalogs import Catalogs


def information_schema(catalogs: Catalogs, catalog: str) -> Mapping[str, Table]:
    """Schemas, tables and columns of one catalog, as tables."""

    def schemata() -> list[Row]:
        return [(catalog, schema) for schema in sorted(catalogs.schemas(catalog) or {})]

    def tables() -> list[Row]:
        return [(name.catalog, name.schema, name.table, "BASE TABLE") for name, _ in catalogs.everything(catalog)]

    def columns() -> list[Row]:
        return [
            (name.catalog, name.schema, name.table, c.name, at, None, "YES" if c.nullable else "NO", str(c.type))
            for name, table in catalogs.everything(catalog)
            for at, c in enumerate(table.columns, 1)
        ]

    place = "table_catalog table_schema table_name"
    return {
        "schemata": _table("catalog_name schema_name", schemata),
        "tables": _table(f"{place} table_type", tables),
        "columns": _table(f"{place} column_name ordinal_position column_default is_nullable data_type", columns),
        "views": _table(f"{place} view_definition", list[Row]),
    }


def _table(names: str, rows: Callable[[], list[Row]]) -> Table:
    columns = (Column(name=n, type=BIGINT if n == "ordinal_position" else VARCHAR) for n in names.split())
    return Table(columns=tuple(columns), answers=lambda _session: rows())
