"""The parts of a statement that read: everything else is refused, also what a later parser brings."""

from sqlglot import exp

from servers.presto.sql.refused import Refused

TABLE_FUNCTIONS = frozenset({"sequence", "exclude_columns"})
"""The only ones that are known to touch nothing but their arguments."""

_READING = (
    *(exp.Query, exp.Condition, exp.Values, exp.Table, exp.Subquery, exp.With, exp.CTE, exp.Lateral, exp.Unnest),
    *(exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Distinct, exp.Tuple),
    *(exp.Limit, exp.LimitOptions, exp.Offset, exp.Fetch, exp.Cube, exp.Rollup, exp.GroupingSets, exp.TableSample),
    *(exp.Identifier, exp.Star, exp.Var, exp.Alias, exp.Aliases, exp.TableAlias, exp.Lambda, exp.Kwarg, exp.Filter),
    *(exp.DataType, exp.DataTypeParam, exp.ColumnDef, exp.Interval, exp.IntervalSpan, exp.AtTimeZone, exp.Slice),
    *(exp.WindowSpec, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Version, exp.OverflowTruncateBehavior),
    *(exp.MatchRecognize, exp.MatchRecognizeMeasure, exp.All, exp.Any, exp.Final),
    *(exp.JSON, exp.JSONPath, exp.JSONPathPart, exp.JSONKeyValue, exp.JSONColumnDef, exp.JSONSchema, exp.JSONValue),
    *(exp.JSONExtractQuote, exp.OnCondition, exp.FormatJson),
)


def only_reads(node: exp.Expr) -> None:
    """Raises `Refused` for a node that is not known to read."""
    if not isinstance(node, _READING):
        raise Refused("unknown-part", f"{type(node).__name__} is not among the parts of a query that are allowed.")
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Func) and not _known_as_a_table(node.this):
        raise Refused("table-function", "A function stands where a table must; only TABLE(...) and UNNEST(...) may.")


def _known_as_a_table(function: exp.Func) -> bool:
    return isinstance(function, exp.JSONTable) or function.name.upper() == "TABLE"


def tables(tree: exp.Expr) -> tuple[str, ...]:
    """The tables that `tree` names, as written, without those that it makes up itself by WITH."""
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = (table for table in tree.find_all(exp.Table, bfs=False) if isinstance(table.this, exp.Identifier))
    names = (".".join(part.name for part in table.parts) for table in found)
    return tuple(dict.fromkeys(name for name in names if name not in named))


def columns(tree: exp.Expr) -> tuple[str, ...]:
    """The columns that `tree` names, as written; `*` where it takes them all."""
    named = dict.fromkeys(column.name for column in tree.find_all(exp.Column) if column.name)
    stars = any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star))
    return (*(["*"] if stars else []), *(name for name in named if name != "*"))
