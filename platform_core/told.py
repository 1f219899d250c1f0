"""What a tool returns, kept small: schemas without what names say already, and rows as lines."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from platform_core.untrusted import Cell

_QUOTED = re.compile(r'[",\n\r]|^$')


def _bare(schema: dict[str, Any]) -> None:
    """Every client pays for it in every conversation: titles, and defaults that nobody reads, go."""
    schema.pop("title", None)
    schema.pop("description", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
        field.pop("default", None)


class Told(BaseModel):
    """A result whose schema says its fields and their types alone."""

    model_config = ConfigDict(json_schema_extra=_bare)


Rows = Annotated[list[list[Cell]], WithJsonSchema({"type": "array", "items": {"type": "array"}})]
"""Lines of a table; their values are plain when they are seen."""


def csv_line(values: Sequence[str | int | float | bool | None]) -> str:
    """One row for a model: nothing for null, an empty text in quotes, no `.0` behind a number."""
    return ",".join(map(_field, values))


def _field(value: str | int | float | bool | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str() if _QUOTED.search(value):
            return '"' + value.replace('"', '""') + '"'
        case float():
            return str(value).removesuffix(".0")
        case _:
            return str(value)
