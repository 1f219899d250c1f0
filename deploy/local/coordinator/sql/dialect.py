"""From Trino's SQL to DuckDB's, where sqlglot alone would change the answer.

Known to differ still: a division of decimals answers with a double, `CAST(double AS varchar)` is not in scientific
notation, and `interval year to month` is shown in days.
"""

import json
from collections.abc import Mapping

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.dialects.duckdb import DuckDB

from deploy.local.coordinator.catalog.duckdb_types import in_duckdb
from deploy.local.coordinator.catalog.tables import Name, Table
from deploy.local.coordinator.catalog.types import WHOLE
from deploy.local.coordinator.session import Session
from deploy.local.coordinator.sql.analysis import Analysis


def for_duckdb(tree: exp.Expr, analysis: Analysis | None, tables: Mapping[Name, Table], session: Session) -> str:
    """The resolved query `tree` in DuckDB's SQL, its made-up tables written into it."""
    tree = tree.copy()
    for node in reversed(list(tree.walk())):  # children first: what is replaced is never visited again
        new = _rewritten(node, analysis, tables, session)
        if new is not node:
            new.meta.update(node.meta)  # its parents ask for the type of what stood here
            tree = new if node is tree else tree
            node.replace(new)
    return DuckDB().generate(tree, copy=False, unsupported_level=ErrorLevel.IGNORE)


def _rewritten(node: exp.Expr, analysis: Analysis | None, tables: Mapping[Name, Table], session: Session) -> exp.Expr:
    match node:
        case exp.Table():
            return _table(node, tables, session)
        case exp.Div() if _whole(node.left, analysis) and _whole(node.right, analysis):
            return exp.IntDiv(this=node.this.copy(), expression=node.expression.copy())
        case exp.Add() | exp.Sub() | exp.DateAdd() | exp.DateTrunc() | exp.TimestampTrunc() if _is_date(node, analysis):
            return exp.cast(node.copy(), exp.DType.DATE)
        case exp.Cast() if node.this.is_string and node.is_type(exp.DType.DECIMAL) and not node.to.expressions:
            return _decimal(node.this.name)
        case exp.Typeof() if analysis and (type_ := analysis.type_of(node.this)) is not None:
            return exp.Literal.string(str(type_))
        case _:
            return _function(node, session)


def _function(node: exp.Expr, session: Session) -> exp.Expr:
    match node:
        case exp.CurrentUser():
            return exp.Literal.string(session.user)
        case exp.CurrentCatalog():
            return _text(session.catalog)
        case exp.Column() if node.name.lower() == "current_schema" and not node.table:
            return _text(session.schema)
        case exp.Format():
            return exp.Anonymous(this="printf", expressions=[node.this, *node.expressions])
        case exp.Anonymous() if node.name.lower() in ("nan", "infinity") and not node.expressions:
            return exp.cast(exp.Literal.string(node.name.lower()), exp.DType.DOUBLE)
        case exp.Anonymous() if node.name.lower() == "at_timezone":
            return exp.AtTimeZone(this=node.expressions[0], zone=node.expressions[1])
        case _:
            return node


def _text(value: str | None) -> exp.Expr:
    return exp.cast(exp.null() if value is None else exp.Literal.string(value), exp.DType.VARCHAR)


def _whole(node: exp.Expr, analysis: Analysis | None) -> bool:
    type_ = analysis.type_of(node) if analysis else None
    return type_ is not None and type_.raw in WHOLE


def _is_date(node: exp.Expr, analysis: Analysis | None) -> bool:
    """Trino keeps a date a date when days, months or years are added; DuckDB makes a timestamp of it."""
    moment = node.expression if isinstance(node, exp.Add) and isinstance(node.this, exp.Interval) else node.this
    type_ = analysis.type_of(moment) if analysis else None
    other = node.expression if moment is node.this else node.this
    spans = not isinstance(node, exp.Add | exp.Sub) or isinstance(other, exp.Interval)
    return type_ is not None and type_.raw == "date" and spans


def _decimal(digits: str) -> exp.Expr:
    whole, _, fraction = digits.strip().lstrip("+-").partition(".")
    precision, scale = max(1, len(whole.lstrip("0") + fraction)), len(fraction)
    return exp.cast(exp.Literal.string(digits), f"DECIMAL({precision}, {scale})")


def _table(node: exp.Table, tables: Mapping[Name, Table], session: Session) -> exp.Expr:
    if isinstance(node.this, exp.Func):  # TABLE(sequence(...)), the only one that came this far
        series = exp.Anonymous(this="generate_series", expressions=list(node.this.expressions[0].args.values()))
        alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("sequence"))
        if not alias.columns:
            alias.set("columns", [exp.to_identifier("sequential_number")])
        return exp.Table(this=series, alias=alias)
    known = tables.get(Name(catalog=node.catalog, schema=node.db, table=node.name))
    if known is None or known.answers is None:
        return node
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name))
    return exp.Subquery(this=_made_up(known, session), alias=alias)


def _made_up(table: Table, session: Session) -> exp.Expr:
    names = [column.name for column in table.columns]
    shape = [{column.name: in_duckdb(column.type) for column in table.columns}]
    rows = table.answers(session) if table.answers else []
    told = json.dumps([dict(zip(names, row, strict=True)) for row in rows])
    query = parse_one("SELECT UNNEST(FROM_JSON(?, ?), max_depth := 2)", dialect="duckdb")
    for mark, value in zip(list(query.find_all(exp.Placeholder)), (told, json.dumps(shape)), strict=True):
        mark.replace(exp.Literal.string(value))
    return query
