"""Trino's types as a statement names them, and what the analysis of its text adds."""

from sqlglot import exp

from deploy.local.coordinator.catalog.types import TIMESTAMP_TZ, Field, Type

_FROM_SQL = {
    exp.DType.BOOLEAN: "boolean", exp.DType.TINYINT: "tinyint", exp.DType.SMALLINT: "smallint",
    exp.DType.INT: "integer", exp.DType.BIGINT: "bigint", exp.DType.FLOAT: "real", exp.DType.DOUBLE: "double",
    exp.DType.VARCHAR: "varchar", exp.DType.TEXT: "varchar", exp.DType.VARBINARY: "varbinary", exp.DType.DATE: "date",
    exp.DType.JSON: "json", exp.DType.UUID: "uuid", exp.DType.INTERVAL: "interval day to second",
    exp.DType.NULL: "unknown",
}  # fmt: skip
_DEFAULTS = {
    exp.DType.CHAR: Type("char", (1,)), exp.DType.DECIMAL: Type("decimal", (38, 0)),
    exp.DType.TIME: Type("time", (3,)), exp.DType.TIMETZ: Type("time with time zone", (3,)),
    exp.DType.TIMESTAMP: Type("timestamp", (3,)), exp.DType.TIMESTAMPTZ: TIMESTAMP_TZ,
}  # fmt: skip


def of_sql(type_: exp.Expr | None) -> Type | None:
    """The Trino type that a parsed or inferred SQL type names, or None if it is unknown."""
    if not isinstance(type_, exp.DataType) or not isinstance(type_.this, exp.DType):
        return None
    numbers = tuple(int(p.name) for p in type_.expressions if isinstance(p, exp.DataTypeParam) and p.name.isdigit())
    if type_.this in _DEFAULTS:
        default = _DEFAULTS[type_.this]
        return Type(default.raw, (*numbers, *(a for a in default.arguments[len(numbers) :])))
    match type_.this:
        case exp.DType.ARRAY | exp.DType.LIST:
            return _nested("array", type_.expressions)
        case exp.DType.MAP:
            return _nested("map", type_.expressions)
        case exp.DType.STRUCT:
            return _row(type_.expressions)
        case simple:
            raw = _FROM_SQL.get(simple)
            return Type(raw, numbers if raw == "varchar" else ()) if raw else None


def _nested(raw: str, parts: list[exp.Expr]) -> Type | None:
    held = tuple(known for part in parts if (known := of_sql(part)) is not None)
    return Type(raw, held) if held and len(held) == len(parts) else None


def _row(parts: list[exp.Expr]) -> Type | None:
    fields = [
        (p.name, of_sql(p.args.get("kind"))) if isinstance(p, exp.ColumnDef) else (None, of_sql(p)) for p in parts
    ]
    known = tuple(Field(name, held) for name, held in fields if held is not None)
    return Type("row", known) if known and len(known) == len(fields) else None


_REFINED = ("varchar", "char", "time", "timestamp", "timestamp with time zone", "interval day to second")


def refined(found: Type, hint: Type | None) -> Type:
    """What DuckDB found, with the length or precision that only the analysis of the text knows."""
    if hint is None:
        return found
    if found.raw == hint.raw and found.raw in ("array", "map"):
        pairs = zip(found.arguments, hint.arguments, strict=True)
        return Type(found.raw, tuple(refined(f, h) for f, h in pairs if isinstance(f, Type) and isinstance(h, Type)))
    same = found.raw == hint.raw or (found.raw == "varchar" and hint.raw == "char")
    return hint if same and hint.raw in _REFINED else found
