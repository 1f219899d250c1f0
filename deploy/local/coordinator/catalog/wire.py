"""Values as the protocol carries them: JSON that loses nothing."""

import struct
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import isfinite, isnan
from typing import Any
from uuid import UUID

from deploy.local.coordinator.catalog.tables import Row
from deploy.local.coordinator.catalog.types import Field, Type
from deploy.local.coordinator.errors import ErrorCode, TrinoError

Encoder = Callable[[Any], Any]
"""How a value that is not null becomes JSON."""


def rows_encoder(types: Sequence[Type]) -> Callable[[list[Row]], list[list[Any]]]:
    """What turns rows of DuckDB into rows of the wire; columns that are JSON already cost nothing."""
    steps = [(at, encode) for at, type_ in enumerate(types) if (encode := encoder(type_)) is not None]

    def encode_all(rows: list[Row]) -> list[list[Any]]:
        made = [list(row) for row in rows]
        for at, encode in steps:
            for row in made:
                if row[at] is not None:
                    row[at] = encode(row[at])
        return made

    return encode_all


def encoder(type_: Type) -> Encoder | None:
    """How values of `type_` are encoded, or None where JSON has them as they are."""
    match type_:
        case Type("array", (Type() as element,)):
            return _array(_null_safe(encoder(element)))
        case Type("map", (Type() as key, Type() as value)):
            return _map(_null_safe(encoder(key)), _null_safe(encoder(value)))
        case Type("row", fields):
            return _row([_null_safe(encoder(field.type)) for field in fields if isinstance(field, Field)])
        case Type("char", (int(length),)):
            return lambda text: text.ljust(length)
        case Type("time" | "timestamp" | "time with time zone" | "timestamp with time zone", (int(digits),)):
            return lambda moment: _moment(moment, digits)
        case _:
            return _SCALAR.get(type_.raw)


def _null_safe(encode: Encoder | None) -> Encoder:
    if encode is None:
        return lambda value: value
    return lambda value: None if value is None else encode(value)


def _array(element: Encoder) -> Encoder:
    return lambda values: [element(value) for value in values]


def _map(key: Encoder, value: Encoder) -> Encoder:
    return lambda pairs: {_key(key(k)): value(v) for k, v in pairs.items()}


def _key(encoded: Any) -> str:
    return str(encoded).lower() if isinstance(encoded, bool) else str(encoded)


def _row(fields: list[Encoder]) -> Encoder:
    def encode(row: Any) -> list[Any]:
        values: Any = row.values() if hasattr(row, "values") else row  # DuckDB names fields or leaves them nameless
        return [field(value) for field, value in zip(fields, values, strict=True)]

    return encode


def _bigint(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise TrinoError(ErrorCode.NUMERIC_VALUE_OUT_OF_RANGE, f"bigint overflow: {value}")
    return value


def _double(value: float) -> float | str:
    if isfinite(value):
        return value
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _real(value: float) -> float | str:
    if not isfinite(value):
        return _double(value)
    shorter = float(f"{value:.8g}")  # DuckDB hands out the double nearest to the float: 0.3333333432674408
    return shorter if struct.pack("f", shorter) == struct.pack("f", value) else float(f"{value:.9g}")


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _moment(moment: datetime | time, digits: int) -> str:
    if isinstance(moment, str):  # beyond Python's years DuckDB gives text
        return moment
    zoneless = moment.replace(tzinfo=None)
    text = (
        zoneless.isoformat(" ", "microseconds")
        if isinstance(zoneless, datetime)
        else zoneless.isoformat("microseconds")
    )
    whole, _, fraction = text.partition(".")
    cut = f"{whole}.{fraction[:digits].ljust(digits, '0')}" if digits else whole
    if moment.tzinfo is None:
        return cut
    return f"{cut} {moment.tzinfo}" if isinstance(moment, datetime) else f"{cut}{moment.isoformat()[-6:]}"


def _interval(value: timedelta) -> str:
    sign, span = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(span.seconds, 3600)
    return f"{sign}{span.days} {hours:02}:{rest // 60:02}:{rest % 60:02}.{span.microseconds // 1000:03}"


def _binary(value: bytes) -> str:
    return b64encode(value).decode()


def _uuid(value: UUID) -> str:
    return str(value)


_SCALAR: dict[str, Encoder] = {
    "bigint": _bigint, "double": _double, "real": _real, "decimal": _decimal, "date": str, "varbinary": _binary,
    "uuid": _uuid, "interval day to second": _interval,
}  # fmt: skip
