"""Schemas of the memory catalog."""

from sqlglot import exp

from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.names import quote
from deploy.local.coordinator.sql.plan import Asked, Plan, change, quietly
from deploy.local.coordinator.sql.source import Source


def create_schema(tree: exp.Create, source: Source, asked: Asked) -> Plan:
    """A schema without tables."""
    (catalog, schema), at = _named(tree.this, source, asked), source.first
    _refuse_others(catalog, "creating schemas")
    if asked.catalogs.tables(catalog, schema) is not None:
        if tree.args.get("exists"):
            return quietly("CREATE SCHEMA")
        raise TrinoError(ErrorCode.SCHEMA_ALREADY_EXISTS, f"Schema '{catalog}.{schema}' already exists", at)
    sql = f"CREATE SCHEMA memory.{quote(schema)}"
    return change("CREATE SCHEMA", sql, lambda: asked.catalogs.put_schema(schema), None, asked)


def drop_schema(node: exp.Table, source: Source, asked: Asked, *, exists: bool) -> Plan:
    """One schema less; it must be empty."""
    (catalog, schema), at = _named(node, source, asked), source.first
    tables = asked.catalogs.tables(catalog, schema)
    if tables is None:
        if exists:
            return quietly("DROP SCHEMA")
        raise TrinoError(ErrorCode.SCHEMA_NOT_FOUND, f"Schema '{catalog}.{schema}' does not exist", at)
    _refuse_others(catalog, "dropping schemas")
    if tables:
        raise TrinoError(ErrorCode.SCHEMA_NOT_EMPTY, f"Cannot drop non-empty schema '{schema}'", at)
    sql = f"DROP SCHEMA memory.{quote(schema)}"
    return change("DROP SCHEMA", sql, lambda: asked.catalogs.remove_schema(schema), None, asked)


def _named(node: exp.Table, source: Source, asked: Asked) -> tuple[str, str]:
    catalog = (node.catalog or asked.session.catalog or "").lower()
    if not catalog:
        message = "Catalog must be specified when session catalog is not set"
        raise TrinoError(ErrorCode.MISSING_CATALOG_NAME, message, source.first)
    if asked.catalogs.schemas(catalog) is None:
        raise TrinoError(ErrorCode.CATALOG_NOT_FOUND, f"Catalog '{catalog}' not found", source.first)
    return catalog, node.db.lower()


def _refuse_others(catalog: str, deed: str) -> None:
    if catalog != "memory":
        raise TrinoError(ErrorCode.NOT_SUPPORTED, f"This connector does not support {deed}")
