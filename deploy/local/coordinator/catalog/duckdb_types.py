"""Trino's types and the DuckDB types that hold them."""

from typing import Any

from duckdb.sqltypes import DuckDBPyType

from deploy.local.coordinator.catalog.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARCHAR,
    Field,
    Type,
)

_PLAIN = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT",
    "real": "FLOAT", "double": "DOUBLE", "varchar": "VARCHAR", "char": "VARCHAR", "varbinary": "BLOB", "date": "DATE",
    "time": "TIME", "time with time zone": "TIMETZ", "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "json": "JSON", "uuid": "UUID", "interval day to second": "INTERVAL", "unknown": "INTEGER",
}  # fmt: skip


def in_duckdb(type_: Type) -> str:
    """The DuckDB type that holds values of `type_`."""
    match type_:
        case Type("decimal", (int(precision), int(scale))):
            return f"DECIMAL({precision}, {scale})"
        case Type("array", (Type() as element,)):
            return f"{in_duckdb(element)}[]"
        case Type("map", (Type() as key, Type() as value)):
            return f"MAP({in_duckdb(key)}, {in_duckdb(value)})"
        case Type("row", fields):
            named = [(f.name or f"field{i}", f.type) for i, f in enumerate(fields) if isinstance(f, Field)]
            listed = (f'"{name}" {in_duckdb(held)}' for name, held in named)
            return f"STRUCT({', '.join(listed)})"
        case _:
            return _PLAIN[type_.raw]


_FROM_DUCKDB = {
    "boolean": BOOLEAN, "tinyint": Type("tinyint"), "smallint": Type("smallint"), "integer": INTEGER, "bigint": BIGINT,
    # Sums and counts that DuckDB widens stay bigint in Trino; a value that does not fit fails when it is sent.
    "hugeint": BIGINT, "uhugeint": BIGINT, "utinyint": Type("smallint"), "usmallint": INTEGER, "uinteger": BIGINT,
    "ubigint": BIGINT, "float": Type("real"), "double": DOUBLE, "varchar": VARCHAR, "enum": VARCHAR,
    "blob": Type("varbinary"), "date": DATE, "time": Type("time", (3,)), "uuid": Type("uuid"), "null": UNKNOWN,
    "time with time zone": Type("time with time zone", (3,)), "timestamp": Type("timestamp", (3,)),
    "timestamp_s": Type("timestamp", (0,)), "timestamp_ms": Type("timestamp", (3,)),
    "timestamp_ns": Type("timestamp", (9,)), "timestamp with time zone": TIMESTAMP_TZ,
    "interval": Type("interval day to second"),
}  # fmt: skip


def of_duckdb(type_: DuckDBPyType) -> Type | None:
    """The Trino type of a DuckDB column, or None where Trino has none."""
    if str(type_) == "JSON":
        return Type("json")
    match type_.id:
        case "decimal":
            (_, precision), (_, scale) = type_.children
            return Type("decimal", (int(str(precision)), int(str(scale))))
        case "list" | "array":
            return _composed("array", [type_.children[0][1]])
        case "map":
            return _composed("map", [child for _, child in type_.children])
        case "struct" | "tuple":
            fields = [(name if type_.id == "struct" else None, of_duckdb(child)) for name, child in _typed(type_)]
            known = tuple(Field(name, held) for name, held in fields if held is not None)
            return Type("row", known) if len(known) == len(fields) else None
        case plain:
            return _FROM_DUCKDB.get(plain)


def _typed(type_: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return [(name, child) for name, child in type_.children if isinstance(child, DuckDBPyType)]


def _composed(raw: str, parts: list[Any]) -> Type | None:
    held = tuple(known for part in parts if (known := of_duckdb(part)) is not None)
    return Type(raw, held) if len(held) == len(parts) else None
