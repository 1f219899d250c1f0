"""What the text of a query says about types, beside what DuckDB will find: lengths, names, columns read.

It works on a copy that sqlglot may qualify and annotate. A query that sqlglot can't follow has no analysis; DuckDB
then decides alone, and only lengths of text and some of Trino's strictness are lost.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from deploy.local.coordinator.catalog.sql_types import of_sql
from deploy.local.coordinator.catalog.tables import Name, Table
from deploy.local.coordinator.catalog.types import Type, varchar
from deploy.local.coordinator.sql.plan import Scan

NAMELESS = "_col"
"""How Trino calls a result column that has no name, followed by its position."""
_MARK, _SHOWN = "node", "shown"


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A query as sqlglot understands it: every column qualified, every expression typed."""

    tree: exp.Expr
    _types: Mapping[int, Type]

    def type_of(self, node: exp.Expr) -> Type | None:
        """The type of a node of the original tree."""
        return self._types.get(node.meta.get(_MARK, -1))

    def outputs(self) -> list[tuple[str, Type | None]] | None:
        """Names and types of the result, or None where a star could not be spelled out."""
        selects = self.tree.selects if isinstance(self.tree, exp.Query) else []
        if not selects or any(select.is_star for select in selects):
            return None
        named = [(_shown(select), type_of(select)) for select in selects]
        return [(name if name != NAMELESS else f"{NAMELESS}{at}", type_) for at, (name, type_) in enumerate(named)]

    def scans(self, tables: Mapping[Name, Table]) -> tuple[Scan, ...]:
        """The tables that are read, with the columns that are used of each."""
        return tuple(dict.fromkeys(_scans(self.tree, tables)))


def analyse(tree: exp.Expr, tables: Mapping[Name, Table]) -> Analysis | None:
    """Understand the query `tree`, whose tables are resolved, or give up with None."""
    for at, node in enumerate(tree.walk()):
        node.meta[_MARK] = at
    copy = tree.copy()
    _name_outputs(copy)
    schema = _schema(tables)
    try:
        copy = qualify(
            copy,
            dialect="trino",
            schema=schema,
            expand_alias_refs=False,
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
        copy = annotate_types(copy, schema=schema, dialect="trino")
    except SqlglotError:
        return None
    known = ((node.meta.get(_MARK, -1), type_of(node)) for node in copy.walk())
    return Analysis(tree=copy, _types={at: type_ for at, type_ in known if type_ is not None})


def type_of(node: exp.Expr) -> Type | None:
    """The Trino type of an annotated node; sqlglot knows neither the length nor the digits of a literal."""
    inner = node.unalias()
    if isinstance(inner, exp.Literal):
        if inner.is_string:
            return varchar(len(inner.name))
        whole, _, fraction = inner.name.partition(".")
        if fraction and "e" not in inner.name.lower():
            return Type("decimal", (len(whole.lstrip("0") + fraction), len(fraction)))
    return of_sql(inner.type)


def _schema(tables: Mapping[Name, Table]) -> dict[str, object]:
    schema: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for name, table in tables.items():
        columns = {column.name: str(column.type) for column in table.columns}
        schema.setdefault(name.catalog, {}).setdefault(name.schema, {})[name.table] = columns
    return dict(schema)


def _name_outputs(tree: exp.Expr) -> None:
    """Fix the names of the result before sqlglot makes up its own: as written, or none."""
    top = tree
    while isinstance(top, exp.SetOperation | exp.Subquery):
        top = top.this
    if not isinstance(top, exp.Select):
        return
    for select in top.expressions:
        if isinstance(select, exp.Column) and not select.is_star and select.name.lower() != "current_schema":
            _show(select, select.name)
        elif not isinstance(select, exp.Alias) and not select.is_star:
            _show(select, NAMELESS)
        elif isinstance(select, exp.Alias):
            select.args["alias"].meta[_SHOWN] = select.alias


def _show(select: exp.Expr, name: str) -> None:
    identifier = exp.to_identifier(name)
    identifier.meta[_SHOWN] = name
    select.replace(exp.Alias(this=select.copy(), alias=identifier))


def _shown(select: exp.Expr) -> str:
    """The name as it was written: qualifying puts all names in lower case."""
    alias = select.args.get("alias")
    return alias.meta.get(_SHOWN, select.alias_or_name) if isinstance(alias, exp.Identifier) else select.alias_or_name


def _scans(tree: exp.Expr, tables: Mapping[Name, Table]) -> Iterator[Scan]:
    for scope in traverse_scope(tree):
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table) and source.db:
                name = Name(catalog=source.catalog, schema=source.db, table=source.name)
                used = frozenset(column.name for column in scope.columns if column.table == alias)
                yield Scan(name=name, table=tables[name], columns=used)
