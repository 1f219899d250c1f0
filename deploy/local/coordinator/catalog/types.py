"""Trino's types, as they are shown and as they are signed on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

UNBOUNDED = 2147483647


@dataclass(frozen=True)
class Field:
    """One field of a row type."""

    name: str | None
    type: Type

    def __str__(self) -> str:
        return f"{self.name} {self.type}" if self.name else str(self.type)


@dataclass(frozen=True)
class Type:
    """A type by its raw name and its arguments: numbers, types or fields."""

    raw: str
    arguments: tuple[int | Type | Field, ...] = ()

    def __str__(self) -> str:
        return self._spelled(", " if self.raw != "decimal" else ",")

    @property
    def label(self) -> str:
        """The name as a result column carries it."""
        return self.raw.upper() if self.raw.startswith("interval") else self._spelled(", ")

    @property
    def signature(self) -> dict[str, Any]:
        """The `typeSignature` of the protocol."""
        arguments = self.arguments or ((UNBOUNDED,) if self.raw == "varchar" else ())
        return {"rawType": self.raw, "arguments": [_signed(argument) for argument in arguments]}

    def _spelled(self, comma: str) -> str:
        if not self.arguments:
            return self.raw
        head, blank, tail = self.raw.partition(" ")
        listed = comma.join(a.label if isinstance(a, Type) and comma == ", " else str(a) for a in self.arguments)
        return f"{head}({listed}){blank}{tail}"


def _signed(argument: int | Type | Field) -> dict[str, Any]:
    match argument:
        case int():
            return {"kind": "LONG", "value": argument}
        case Type():
            return {"kind": "TYPE", "value": argument.signature}
        case Field():
            named = {"fieldName": {"name": argument.name}} if argument.name else {}
            return {"kind": "NAMED_TYPE", "value": {**named, "typeSignature": argument.type.signature}}


BOOLEAN, INTEGER, BIGINT, DOUBLE = Type("boolean"), Type("integer"), Type("bigint"), Type("double")
VARCHAR, DATE, UNKNOWN = Type("varchar"), Type("date"), Type("unknown")
TIMESTAMP_TZ = Type("timestamp with time zone", (3,))
WHOLE = ("tinyint", "smallint", "integer", "bigint")
NUMERIC = (*WHOLE, "decimal", "real", "double")
TEXT = ("varchar", "char")


def varchar(length: int) -> Type:
    """Text of at most `length` characters."""
    return Type("varchar", (length,))
