"""SHOW and DESCRIBE: the catalog in Trino's words."""

import re
from collections.abc import Iterable, Iterator

from deploy.local.coordinator.catalog.tables import Column, Name, Row, Table
from deploy.local.coordinator.catalog.types import DOUBLE, VARCHAR
from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.names import completed, existing
from deploy.local.coordinator.sql.plan import Asked, Plan, at_once
from deploy.local.coordinator.sql.properties import PROPERTIES
from deploy.local.coordinator.sql.sizes import statistics_of
from deploy.local.coordinator.sql.words import Words

_NO_CATALOG = "Catalog must be specified when session catalog is not set"


def show(words: Words, asked: Asked) -> Plan:
    """Answer a SHOW statement, whose first word is taken."""
    match words.need("CATALOGS", "SCHEMAS", "TABLES", "COLUMNS", "SESSION", "STATS", "CREATE", "FUNCTIONS"):
        case "CATALOGS":
            return _listed("Catalog", asked.catalogs.names(), words)
        case "SCHEMAS":
            return _schemas(words, asked)
        case "TABLES":
            return _tables(words, asked)
        case "COLUMNS":
            words.need("FROM", "IN")
            return describe(words, asked)
        case "SESSION":
            return _session(words, asked)
        case "STATS":
            words.need("FOR")
            return _stats(words, asked)
        case "FUNCTIONS":
            raise TrinoError(ErrorCode.NOT_SUPPORTED, "SHOW FUNCTIONS is not supported by the local engine")
        case _:
            words.need("TABLE")
            return _create_table(words, asked)


def describe(words: Words, asked: Asked) -> Plan:
    """The columns of a table."""
    _, table = _table(words, asked)
    pattern = words.pattern()
    words.end()
    rows: list[Row] = [(c.name, str(c.type), "", c.comment or "") for c in table.columns if _like(pattern, c.name)]
    return at_once(dict.fromkeys(("Column", "Type", "Extra", "Comment"), VARCHAR), rows)


def _schemas(words: Words, asked: Asked) -> Plan:
    catalog = words.name() if words.skip_any("FROM", "IN") else asked.session.catalog
    if catalog is None:
        raise TrinoError(ErrorCode.MISSING_CATALOG_NAME, _NO_CATALOG, words.source.first)
    schemas = asked.catalogs.schemas(catalog)
    if schemas is None:
        raise TrinoError(ErrorCode.CATALOG_NOT_FOUND, f"Catalog '{catalog}' not found")
    return _listed("Schema", schemas, words)


def _tables(words: Words, asked: Asked) -> Plan:
    at, session = words.source.first, asked.session
    named = words.names() if words.skip_any("FROM", "IN") else []
    if session.catalog is None and len(named) < 2:
        raise TrinoError(ErrorCode.MISSING_CATALOG_NAME, _NO_CATALOG, at)
    place = completed([*named, "any"], session, at)
    if asked.catalogs.schemas(place.catalog) is None:
        raise TrinoError(ErrorCode.CATALOG_NOT_FOUND, f"Catalog '{place.catalog}' not found", at)
    tables = asked.catalogs.tables(place.catalog, place.schema)
    if tables is None:
        raise TrinoError(ErrorCode.SCHEMA_NOT_FOUND, f"Schema '{place.schema}' does not exist", at)
    return _listed("Table", tables, words)


def _session(words: Words, asked: Asked) -> Plan:
    pattern, held = words.pattern(), asked.session.properties
    words.end()
    rows: list[Row] = [
        (name, held.get(name, default), default, kind, description)
        for name, (default, kind, description) in sorted(PROPERTIES.items())
        if _like(pattern, name)
    ]
    return at_once(dict.fromkeys(("Name", "Value", "Default", "Type", "Description"), VARCHAR), rows)


def _stats(words: Words, asked: Asked) -> Plan:
    name, table = _table(words, asked)
    words.end()
    figures = ("data_size", "distinct_values_count", "nulls_fraction", "row_count")
    types = {"column_name": VARCHAR, **dict.fromkeys(figures, DOUBLE), "low_value": VARCHAR, "high_value": VARCHAR}
    return at_once(types, list(_figures(name, table, asked)))


def _figures(name: Name, table: Table, asked: Asked) -> Iterator[Row]:
    statistics = statistics_of(name, table, asked)
    for column in table.columns:
        known = statistics.columns.get(column.name) if statistics else None
        if known is None:
            yield (column.name, None, None, None, None, None, None)
        else:
            yield (column.name, known.size, known.distinct, 0.0, None, known.low, known.high)
    yield (None, None, None, None, statistics.rows if statistics else None, None, None)


def _create_table(words: Words, asked: Asked) -> Plan:
    name, table = _table(words, asked)
    words.end()
    columns = ",\n".join(f"   {_defined(column)}" for column in table.columns)
    words_for = f"\nCOMMENT {_text(table.comment)}" if table.comment else ""
    return at_once({"Create Table": VARCHAR}, [(f"CREATE TABLE {name} (\n{columns}\n){words_for}",)])


def _defined(column: Column) -> str:
    nullable = "" if column.nullable else " NOT NULL"
    words_for = f" COMMENT {_text(column.comment)}" if column.comment else ""
    return f"{column.name} {column.type.label}{nullable}{words_for}"


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def _table(words: Words, asked: Asked) -> tuple[Name, Table]:
    name = completed(words.names(), asked.session, words.source.first)
    return name, existing(name, asked.catalogs, words.source.first)


def _listed(title: str, names: Iterable[str], words: Words) -> Plan:
    pattern = words.pattern()
    words.end()
    return at_once({title: VARCHAR}, [(name,) for name in sorted(names) if _like(pattern, name)])


def _like(pattern: str | None, name: str) -> bool:
    if pattern is None:
        return True
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), name, re.DOTALL) is not None
