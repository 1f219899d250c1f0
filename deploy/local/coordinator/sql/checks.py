"""Where Trino is stricter than DuckDB: it compares nothing across families of types and knows no alias in WHERE."""

from collections.abc import Iterator

from sqlglot import exp

from deploy.local.coordinator.catalog.types import NUMERIC, TEXT, Type
from deploy.local.coordinator.errors import ErrorCode, Location, TrinoError
from deploy.local.coordinator.sql.analysis import Analysis, type_of
from deploy.local.coordinator.sql.source import Source

_COMPARED: dict[type[exp.Expr], tuple[str, set[str]]] = {
    exp.EQ: ("=", {"="}),
    exp.NEQ: ("=", {"<>", "!="}),
    exp.LT: ("<", {"<"}),
    exp.GT: ("<", {">"}),
    exp.LTE: ("<=", {"<="}),
    exp.GTE: ("<=", {">="}),
}
_CALCULATED: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


def check(analysis: Analysis, source: Source) -> None:
    """Raise the first fault, in the order of the text."""
    faults = [fault for node in analysis.tree.walk() if (fault := _fault(node, source)) is not None]
    placed = sorted(faults, key=lambda fault: (fault.at.line, fault.at.column) if fault.at else (0, 0))
    if placed:
        raise placed[0]


def _fault(node: exp.Expr, source: Source) -> TrinoError | None:
    match node:
        case exp.Between():
            return _between(node, source)
        case exp.In():
            return _in(node, source)
        case exp.Like():
            return _like(node, source)
        case exp.Where() | exp.Having():
            return _condition(node, source) or next(_aliases(node, source), None)
        case exp.Group():
            return next(_aliases(node, source), None)
        case exp.SetOperation():
            return _united(node, source)
        case exp.Binary():
            return _operator(node, source)
        case _:
            return None


def _mismatch(message: str, at: Location | None) -> TrinoError:
    return TrinoError(ErrorCode.TYPE_MISMATCH, message, at)


def _operator(node: exp.Binary, source: Source) -> TrinoError | None:
    if isinstance(node.right, exp.Any | exp.All):  # sqlglot takes the quantifier for a truth value
        return None
    left, right = type_of(node.left), type_of(node.right)
    if type(node) in _COMPARED:
        shown, words = _COMPARED[type(node)]
        wrong = not _comparable(left, right)
    elif type(node) in _CALCULATED:
        shown = _CALCULATED[type(node)]
        words, wrong = {shown}, not _calculable(left, right)
    else:
        return None
    at = source.between(node.left, node.right, frozenset(words))
    return _mismatch(f"Cannot apply operator: {left} {shown} {right}", at) if wrong else None


def _between(node: exp.Between, source: Source) -> TrinoError | None:
    low, high = node.args["low"], node.args["high"]
    value, least, most = type_of(node.this), type_of(low), type_of(high)
    if _comparable(value, least) and _comparable(value, most):
        return None
    at = source.between(node.this, low, frozenset({"BETWEEN"}))
    return _mismatch(f"Cannot check if {value} is BETWEEN {least} and {most}", at)


def _in(node: exp.In, source: Source) -> TrinoError | None:
    value = type_of(node.this)
    for item in node.expressions:
        found = type_of(item)
        if not _comparable(value, found):
            common = f"Cannot find common type between {value} and {found}"
            rule = "IN value and list items must be the same type or coercible to a common type."
            return _mismatch(f"{rule} {common}, all types (without duplicates): [{value}, {found}]", source.of(item))
    return None


def _like(node: exp.Like, source: Source) -> TrinoError | None:
    value = type_of(node.this)
    if value is None or _family(value) in ("text", None):
        return None
    return _mismatch(f"Left side of LIKE expression must evaluate to a varchar (actual: {value})", source.of(node.this))


def _condition(node: exp.Where | exp.Having, source: Source) -> TrinoError | None:
    value, clause = type_of(node.this), "WHERE" if isinstance(node, exp.Where) else "HAVING"
    aggregate = next((a for a in node.find_all(exp.AggFunc) if a.parent_select is node.parent), None)
    if clause == "WHERE" and aggregate is not None:
        message = "WHERE clause cannot contain aggregations, window functions or grouping operations"
        return TrinoError(ErrorCode.EXPRESSION_NOT_SCALAR, message, source.of(aggregate))
    if value is None or value.raw in ("boolean", "unknown"):
        return None
    return _mismatch(f"{clause} clause must evaluate to a boolean: actual type {value}", source.of(node.this))


def _united(node: exp.SetOperation, source: Source) -> TrinoError | None:
    left, right = node.left.selects, node.right.selects
    at_word = source.between(node.left, node.right, frozenset({node.key.upper()}))
    if len(left) != len(right) and not any(select.is_star for select in [*left, *right]):
        count = f"{len(left)}, {len(right)}"
        return _mismatch(f"{node.key.upper()} query has different number of fields: {count}", at_word)
    for at, (one, other) in enumerate(zip(left, right, strict=False), 1):
        types = type_of(one), type_of(other)
        if not _comparable(*types):
            message = f"column {at} in {node.key.upper()} query has incompatible types: {types[0]}, {types[1]}"
            return _mismatch(message, at_word)
    return None


def _aliases(node: exp.Expr, source: Source) -> Iterator[TrinoError]:
    """An alias of SELECT that a clause uses as if it were a column: sqlglot could not qualify it."""
    select = node.parent
    if not isinstance(select, exp.Select):
        return
    aliases = {s.alias.lower() for s in select.expressions if isinstance(s, exp.Alias)}
    for column in node.find_all(exp.Column):
        if not column.table and column.name.lower() in aliases and column.parent_select is select:
            message = f"Column '{column.name}' cannot be resolved"
            yield TrinoError(ErrorCode.COLUMN_NOT_FOUND, message, source.of(column))


def _family(type_: Type | None) -> str | None:
    if type_ is None or type_.raw == "unknown":
        return None
    if type_.raw in TEXT:
        return "text"
    if type_.raw in NUMERIC:
        return "number"
    return "moment" if type_.raw in ("date", "timestamp", "timestamp with time zone") else type_.raw


def _comparable(left: Type | None, right: Type | None) -> bool:
    one, other = _family(left), _family(right)
    return one is None or other is None or one == other


def _calculable(left: Type | None, right: Type | None) -> bool:
    families = {_family(left), _family(right)}
    return None in families or not (families & {"text", "boolean"} or families == {"moment", "number"})
