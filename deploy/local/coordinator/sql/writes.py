"""Rows into the memory catalog: CREATE TABLE AS, INSERT and TRUNCATE. Like Trino's, it changes no row."""

from collections.abc import Callable

from sqlglot import exp

from deploy.local.coordinator.catalog.tables import Column, Name, Table
from deploy.local.coordinator.catalog.types import BIGINT, NUMERIC, TEXT, Type
from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.definitions import destination, made, quoted, refuse_read_only
from deploy.local.coordinator.sql.faults import told_as_trino
from deploy.local.coordinator.sql.names import completed, existing, parts
from deploy.local.coordinator.sql.plan import Asked, Batches, Plan, quietly
from deploy.local.coordinator.sql.reads import read
from deploy.local.coordinator.sql.source import Source

_ROWS = (Column(name="rows", type=BIGINT),)


def create_table_as(tree: exp.Create, source: Source, asked: Asked) -> Plan:
    """A new table with the rows of a query."""
    name = destination(tree, source, asked)
    if name is None:
        return Plan(columns=_ROWS, rows=lambda: iter([[(0,)]]), update_type="CREATE TABLE", counted=True)
    query = read(tree.expression, source, asked)
    table = Table(columns=_columns(query, source))
    fills = not any(isinstance(p, exp.WithDataProperty) and p.args.get("no") for p in tree.find_all(exp.Property))

    def work() -> int:
        with asked.connection.transaction():
            asked.connection.run(made(name, table))
            written = _insert(name, table, query, source, asked) if fills else 0
        asked.catalogs.put(name, table)
        return written

    return _counting("CREATE TABLE", work, query, name)


def insert(tree: exp.Insert, source: Source, asked: Asked) -> Plan:
    """More rows for a table that exists."""
    at = source.first
    node = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    name = completed(parts(node), asked.session, at)
    table = existing(name, asked.catalogs, at)
    refuse_read_only(name, "inserts")
    columns = _chosen(tree, table, source)
    query = read(tree.expression, source, asked)
    _check_types(columns, query, source)
    chosen = Table(columns=columns)
    return _counting("INSERT", lambda: _insert(name, chosen, query, source, asked), query, name)


def truncate(tree: exp.TruncateTable, source: Source, asked: Asked) -> Plan:
    """An empty table."""
    at = source.first
    name = completed(parts(tree.expressions[0]), asked.session, at)
    existing(name, asked.catalogs, at)
    refuse_read_only(name, "truncating tables")
    return quietly("TRUNCATE TABLE", lambda: asked.connection.run(f"TRUNCATE {quoted(name)}"), target=name)


def _counting(update_type: str, work: Callable[[], int], query: Plan, name: Name) -> Plan:
    def rows() -> Batches:
        yield [(work(),)]

    return Plan(
        columns=_ROWS,
        rows=rows,
        update_type=update_type,
        counted=True,
        scans=query.scans,
        target=name,
        query=query.query,
    )


def _insert(name: Name, table: Table, query: Plan, source: Source, asked: Asked) -> int:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    ahead = f"INSERT INTO {quoted(name)} ({columns}) "
    with told_as_trino(source, query.query or "", ahead=len(ahead)):
        return asked.connection.run(f"{ahead}{query.query}")


def _columns(query: Plan, source: Source) -> tuple[Column, ...]:
    at, seen = source.first, set[str]()
    for position, column in enumerate(query.columns, 1):
        if column.name == f"_col{position - 1}":
            raise TrinoError(ErrorCode.MISSING_COLUMN_NAME, f"Column name not specified at position {position}", at)
        if column.name.lower() in seen:
            raise TrinoError(
                ErrorCode.DUPLICATE_COLUMN_NAME, f"Column name '{column.name}' specified more than once", at
            )
        seen.add(column.name.lower())
    return tuple(Column(name=column.name.lower(), type=column.type) for column in query.columns)


def _chosen(tree: exp.Insert, table: Table, source: Source) -> tuple[Column, ...]:
    if not isinstance(tree.this, exp.Schema):
        return table.columns
    found = [(node.name, table.column(node.name)) for node in tree.this.expressions]
    for written, column in found:
        if column is None:
            message = f"Insert column name does not exist in target table: {written}"
            raise TrinoError(ErrorCode.COLUMN_NOT_FOUND, message, source.first)
    return tuple(column for _, column in found if column is not None)


def _check_types(columns: tuple[Column, ...], query: Plan, source: Source) -> None:
    wanted, given = [column.type for column in columns], [column.type for column in query.columns]
    if len(wanted) == len(given) and all(_fits(g, w) for g, w in zip(given, wanted, strict=True)):
        return
    table, asked = (", ".join(str(type_) for type_ in types) for types in (wanted, given))
    message = f"Insert query has mismatched column types: Table: [{table}], Query: [{asked}]"
    raise TrinoError(ErrorCode.TYPE_MISMATCH, message, source.first)


def _fits(given: Type, wanted: Type) -> bool:
    if given.raw in ("unknown", wanted.raw) or (given.raw in TEXT and wanted.raw in TEXT):
        return True
    if given.raw in NUMERIC and wanted.raw in NUMERIC:
        return NUMERIC.index(given.raw) <= NUMERIC.index(wanted.raw)
    return given.raw == "date" and wanted.raw.startswith("timestamp")
