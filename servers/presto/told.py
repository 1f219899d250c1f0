"""Results whose schemas stay small: every client pays for them in every conversation."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from platform_core.untrusted import Cell


def _bare(schema: dict[str, Any]) -> None:
    """Names say what they are: titles, and defaults that nobody reads, go."""
    schema.pop("title", None)
    schema.pop("description", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
        field.pop("default", None)


class Told(BaseModel):
    """What a tool returns."""

    model_config = ConfigDict(json_schema_extra=_bare)


Rows = Annotated[list[list[Cell]], WithJsonSchema({"type": "array", "items": {"type": "array"}})]
"""Values as the engine wrote them; what has parts is JSON."""
OBJECTS = WithJsonSchema({"type": "array", "items": {"type": "object"}})
"""For lists of small things whose fields are plain when they are seen."""
MAYBE_NUMBER = WithJsonSchema({"type": ["number", "null"]})
MAYBE_TEXT = WithJsonSchema({"type": ["string", "null"]})
