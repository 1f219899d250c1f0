"""Queries: from their tree to rows."""

from sqlglot import exp

from deploy.local.coordinator.catalog.sql_types import refined
from deploy.local.coordinator.catalog.tables import Column
from deploy.local.coordinator.engine import PREFIX
from deploy.local.coordinator.sql.analysis import NAMELESS, Analysis, analyse
from deploy.local.coordinator.sql.checks import check
from deploy.local.coordinator.sql.dialect import for_duckdb
from deploy.local.coordinator.sql.faults import told_as_trino
from deploy.local.coordinator.sql.names import resolve
from deploy.local.coordinator.sql.plan import Asked, Batches, Plan
from deploy.local.coordinator.sql.source import Source


def read(tree: exp.Expr, source: Source, asked: Asked) -> Plan:
    """Plan a query: every name resolved, every type known."""
    tables = resolve(tree, source, asked.session, asked.catalogs)
    analysis = analyse(tree, tables)
    if analysis is not None:
        check(analysis, source)
    sql = for_duckdb(tree, analysis, tables, asked.session)

    def rows() -> Batches:
        with told_as_trino(source, sql):
            yield from asked.connection.stream(sql)

    columns = _columns(analysis, source, sql, asked)
    scans = analysis.scans(tables) if analysis else ()
    return Plan(columns=columns, rows=rows, scans=scans, query=sql)


def _columns(analysis: Analysis | None, source: Source, sql: str, asked: Asked) -> tuple[Column, ...]:
    with told_as_trino(source, sql, ahead=len(PREFIX)):
        found = asked.connection.outputs(sql)
    known = (analysis.outputs() if analysis else None) or []
    if len(known) != len(found):
        spoken = analysis is not None and not isinstance(analysis.tree, exp.Values)  # DuckDB has names for VALUES
        names = [name if spoken and name.isidentifier() else f"{NAMELESS}{at}" for at, (name, _) in enumerate(found)]
        known = [(name, None) for name in names]
    pairs = zip(known, found, strict=True)
    return tuple(Column(name=name, type=refined(type_, hint)) for (name, hint), (_, type_) in pairs)
