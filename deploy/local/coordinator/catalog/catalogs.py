"""All catalogs: `tpch` to read, `memory` to write, `system` to look behind the scenes."""

from collections.abc import Callable, Mapping
from threading import Lock

from deploy.local.coordinator.catalog.information_schema import information_schema
from deploy.local.coordinator.catalog.system import system_schemas
from deploy.local.coordinator.catalog.tables import Name, Row, Table

Schemas = Mapping[str, Mapping[str, Table]]
"""Tables by schema and name."""


class Catalogs:
    """What exists, by name. Readers need no lock: a change replaces what it touches."""

    def __init__(self, tpch: Schemas, history: Callable[[], list[Row]]) -> None:
        self._changing = Lock()
        self._catalogs: dict[str, Schemas] = {"memory": {"default": {}}, "tpch": tpch, "system": {}}
        self._catalogs["system"] = system_schemas(self, history)
        self._information = {name: information_schema(self, name) for name in self._catalogs}

    def names(self) -> list[str]:
        """All catalogs."""
        return sorted(self._catalogs)

    def schemas(self, catalog: str) -> Schemas | None:
        """The schemas of a catalog, its information schema among them, or None where there is no such catalog."""
        found = self._catalogs.get(catalog)
        return None if found is None else {**found, "information_schema": self._information[catalog]}

    def tables(self, catalog: str, schema: str) -> Mapping[str, Table] | None:
        """The tables of a schema, or None where there is no such schema."""
        return (self.schemas(catalog) or {}).get(schema)

    def find(self, name: Name) -> Table | None:
        """The table of that name."""
        return (self.tables(name.catalog, name.schema) or {}).get(name.table)

    def everything(self, catalog: str | None = None) -> list[tuple[Name, Table]]:
        """Every table of one catalog or of all, by name."""
        return [
            (Name(catalog=c, schema=schema, table=table), tables[table])
            for c in ([catalog] if catalog else self.names())
            for schema, tables in sorted((self.schemas(c) or {}).items())
            for table in sorted(tables)
        ]

    def put(self, name: Name, table: Table) -> None:
        """Add or replace a table of the memory catalog."""
        self._change(name.schema, lambda tables: {**tables, name.table: table})

    def remove(self, name: Name) -> None:
        """Drop a table of the memory catalog."""
        self._change(name.schema, lambda tables: {n: t for n, t in tables.items() if n != name.table})

    def put_schema(self, schema: str) -> None:
        """Add an empty schema to the memory catalog."""
        self._change(schema, lambda tables: tables)

    def remove_schema(self, schema: str) -> None:
        """Drop a schema of the memory catalog."""
        with self._changing:
            self._catalogs["memory"] = {n: t for n, t in self._catalogs["memory"].items() if n != schema}

    def _change(self, schema: str, change: Callable[[Mapping[str, Table]], Mapping[str, Table]]) -> None:
        with self._changing:
            memory = self._catalogs["memory"]
            self._catalogs["memory"] = {**memory, schema: change(memory.get(schema, {}))}
