"""Tables of the memory catalog: CREATE, DROP and COMMENT."""

from dataclasses import replace

from sqlglot import exp

from deploy.local.coordinator.catalog.duckdb_types import in_duckdb
from deploy.local.coordinator.catalog.sql_types import of_sql
from deploy.local.coordinator.catalog.tables import Column, Name, Table
from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.names import completed, existing, parts, quote
from deploy.local.coordinator.sql.plan import Asked, Plan, change, quietly
from deploy.local.coordinator.sql.source import Source


def quoted(name: Name) -> str:
    """The name for DuckDB."""
    return ".".join(quote(part) for part in (name.catalog, name.schema, name.table))


def made(name: Name, table: Table) -> str:
    """What makes the table in DuckDB."""
    columns = ", ".join(f"{quote(column.name)} {in_duckdb(column.type)}" for column in table.columns)
    return f"CREATE TABLE {quoted(name)} ({columns})"


def refuse_read_only(name: Name, deed: str) -> None:
    """Only the memory catalog can be changed."""
    if name.catalog != "memory" or name.schema == "information_schema":
        raise TrinoError(ErrorCode.NOT_SUPPORTED, f"This connector does not support {deed}")


def destination(tree: exp.Create, source: Source, asked: Asked) -> Name | None:
    """The name of a table to be made, or None where it exists and may."""
    at, filled = source.first, tree.expression is not None
    node = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    name = completed(parts(node), asked.session, at)
    if asked.catalogs.schemas(name.catalog) is None:
        raise TrinoError(ErrorCode.CATALOG_NOT_FOUND, f"Catalog '{name.catalog}' not found", at)
    refuse_read_only(name, "creating tables with data" if filled else "creating tables")
    if asked.catalogs.tables(name.catalog, name.schema) is None:
        raise TrinoError(ErrorCode.NOT_FOUND, f"Schema {name.schema} not found")
    for made_up in tree.find_all(exp.Property):
        if type(made_up) is exp.Property:
            message = f"Catalog '{name.catalog}' table property '{made_up.name}' does not exist"
            raise TrinoError(ErrorCode.INVALID_TABLE_PROPERTY, message, source.of(made_up))
    if asked.catalogs.find(name) is None:
        return name
    if tree.args.get("exists"):
        return None
    what = "Destination table" if filled else "Table"
    raise TrinoError(ErrorCode.TABLE_ALREADY_EXISTS, f"{what} '{name}' already exists", at)


def create_table(tree: exp.Create, source: Source, asked: Asked) -> Plan:
    """An empty table."""
    name = destination(tree, source, asked)
    if name is None:
        return quietly("CREATE TABLE")
    described = next(tree.find_all(exp.SchemaCommentProperty), None)
    columns = tuple(_column(node, source) for node in tree.this.expressions if isinstance(node, exp.ColumnDef))
    table = Table(columns=columns, comment=described.name if described else None)
    return change("CREATE TABLE", made(name, table), lambda: asked.catalogs.put(name, table), name, asked)


def drop_table(node: exp.Table, source: Source, asked: Asked, *, exists: bool) -> Plan:
    """One table less."""
    at = source.first
    name = completed(parts(node), asked.session, at)
    if exists and asked.catalogs.find(name) is None:
        return quietly("DROP TABLE")
    if asked.catalogs.find(name) is None:
        raise TrinoError(ErrorCode.TABLE_NOT_FOUND, f"Table '{name}' does not exist", at)
    refuse_read_only(name, "dropping tables")
    return change("DROP TABLE", f"DROP TABLE {quoted(name)}", lambda: asked.catalogs.remove(name), name, asked)


def comment(tree: exp.Comment, source: Source, asked: Asked) -> Plan:
    """Words for a table or one of its columns."""
    at = source.first
    written, words = [part.name for part in tree.this.parts], tree.expression.name or None
    column = written.pop() if tree.args["kind"] == "COLUMN" else None
    name = completed(written, asked.session, at)
    table = existing(name, asked.catalogs, at)
    refuse_read_only(name, "setting table comments" if column is None else "setting column comments")
    if column is None:
        return quietly("COMMENT", lambda: asked.catalogs.put(name, replace(table, comment=words)), target=name)
    if table.column(column) is None:
        raise TrinoError(ErrorCode.COLUMN_NOT_FOUND, f"Column does not exist: {column}", at)
    columns = tuple(replace(c, comment=words) if c.name == column.lower() else c for c in table.columns)
    return quietly("COMMENT", lambda: asked.catalogs.put(name, replace(table, columns=columns)), target=name)


def _column(node: exp.ColumnDef, source: Source) -> Column:
    kind = node.args.get("kind")
    type_ = of_sql(kind)
    if type_ is None:
        written = kind.sql("trino").lower() if isinstance(kind, exp.Expr) else ""
        message = f"Unknown type '{written}' for column '{node.name}'"
        raise TrinoError(ErrorCode.TYPE_NOT_FOUND, message, source.of(node))
    words = next((c.name for c in node.find_all(exp.CommentColumnConstraint)), None)
    return Column(name=node.name.lower(), type=type_, comment=words)
