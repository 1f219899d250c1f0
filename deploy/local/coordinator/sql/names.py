"""Which tables a statement means."""

from collections.abc import Iterator

from sqlglot import exp

from deploy.local.coordinator.catalog.catalogs import Catalogs
from deploy.local.coordinator.catalog.tables import Name, Table
from deploy.local.coordinator.errors import ErrorCode, Location, TrinoError
from deploy.local.coordinator.session import Session
from deploy.local.coordinator.sql.source import Source


def completed(parts: list[str], session: Session, at: Location | None) -> Name:
    """The full name of a table, with what the session has set for the parts left out."""
    if len(parts) > 3:
        raise TrinoError(ErrorCode.SYNTAX_ERROR, f"Too many dots in table name: {'.'.join(parts)}", at)
    table, *left = [part.lower() for part in reversed(parts)]
    schema = left[0] if left else session.schema
    catalog = left[1] if len(left) > 1 else session.catalog
    if schema is None:
        raise TrinoError(ErrorCode.MISSING_SCHEMA_NAME, "Schema must be specified when session schema is not set", at)
    if catalog is None:
        raise TrinoError(
            ErrorCode.MISSING_CATALOG_NAME, "Catalog must be specified when session catalog is not set", at
        )
    return Name(catalog=catalog, schema=schema, table=table)


def existing(name: Name, catalogs: Catalogs, at: Location | None) -> Table:
    """The table of that name, or the error for the first part that does not exist."""
    if catalogs.schemas(name.catalog) is None:
        raise TrinoError(ErrorCode.CATALOG_NOT_FOUND, f"Catalog '{name.catalog}' not found", at)
    if catalogs.tables(name.catalog, name.schema) is None:
        raise TrinoError(ErrorCode.SCHEMA_NOT_FOUND, f"Schema '{name.schema}' does not exist", at)
    table = catalogs.find(name)
    if table is None:
        raise TrinoError(ErrorCode.TABLE_NOT_FOUND, f"Table '{name}' does not exist", at)
    return table


def quote(identifier: str) -> str:
    """An identifier for DuckDB, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def parts(table: exp.Table) -> list[str]:
    """The parts of a table's name as they are written."""
    return [part.name for part in table.parts]


def resolve(tree: exp.Expr, source: Source, session: Session, catalogs: Catalogs) -> dict[Name, Table]:
    """Give every table in `tree` its full name, and say which tables those are."""
    found: dict[Name, Table] = {}
    for node in list(tree.find_all(exp.Table)):
        if isinstance(node.this, exp.Func):
            _check_function(node.this, source)
        elif not _is_named_query(node):
            at = source.of(node)
            name = completed(parts(node), session, at)
            found[name] = existing(name, catalogs, at)
            _rename(node, name)
    return found


def _rename(node: exp.Table, name: Name) -> None:
    for key, part in (("catalog", name.catalog), ("db", name.schema), ("this", name.table)):
        written = node.args.get(key)
        if isinstance(written, exp.Identifier):  # keeps its place in the text
            written.set("this", part)
        else:
            node.set(key, exp.to_identifier(part))


def _is_named_query(node: exp.Table) -> bool:
    return not node.args.get("db") and node.name.lower() in _visible(node)


def _visible(node: exp.Expr) -> Iterator[str]:
    """The names of the WITH queries that `node` can see: within a WITH, those written before."""
    child, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            for query in parent.expressions:
                if query is child and not parent.recursive:
                    break
                yield query.alias.lower()
        elif isinstance(named := parent.args.get("with_"), exp.With) and named is not child:
            yield from (query.alias.lower() for query in named.expressions)
        child, parent = parent, parent.parent


def _check_function(function: exp.Func, source: Source) -> None:
    """Of the table functions, only `TABLE(sequence(...))` reads nothing but its arguments."""
    called = function.expressions[0] if function.expressions else function
    if not isinstance(called, exp.GenerateSeries):
        start = source.start(called) or 0
        name = source.text[start:].partition("(")[0].strip()
        message = f"Table function '{name}' not registered"
        raise TrinoError(ErrorCode.FUNCTION_NOT_FOUND, message, source.at(start))
