"""The published rules of `server.json` (2025-12-11), as far as they concern a server that is reached at an address."""

from typing import Any

from jsonschema import Draft7Validator

_ADDRESS = {"type": "string", "format": "uri"}
_RULES: dict[str, Any] = {
    "type": "object",
    "required": ["name", "description", "version"],
    "properties": {
        "$schema": _ADDRESS
        | {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {
            "type": "string", "minLength": 3, "maxLength": 200, "pattern": "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$",
        },
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": "string", "minLength": 1, "maxLength": 100},
        "version": {
            "type": "string", "minLength": 1, "maxLength": 255, "not": {"pattern": r"[\^~<>=*| ]|\.x|^latest$"},
        },
        "websiteUrl": _ADDRESS,
        "remotes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "url"],
                "properties": {
                    "type": {"enum": ["streamable-http", "sse"]},
                    "url": {"type": "string", "pattern": r"^https?://[^\s]+$"},
                },
            },
        },
        "_meta": {"type": "object"},
    },
    "additionalProperties": False,
}  # fmt: skip
_OFFICIAL = {
    "type": "object",
    "required": ["status", "statusChangedAt", "publishedAt", "updatedAt", "isLatest"],
    "properties": {
        "status": {"enum": ["active", "deprecated", "deleted"]},
        "statusMessage": {"type": "string", "maxLength": 500},
        **{at: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
           for at in ("statusChangedAt", "publishedAt", "updatedAt")},
        "isLatest": {"type": "boolean"},
    },
    "additionalProperties": False,
}  # fmt: skip
_ENTRY = Draft7Validator(
    {
        "type": "object",
        "required": ["server", "_meta"],
        "properties": {
            "server": _RULES,
            "_meta": {
                "type": "object",
                "required": ["io.modelcontextprotocol.registry/official"],
                "properties": {"io.modelcontextprotocol.registry/official": _OFFICIAL},
            },
        },
        "additionalProperties": False,
    }
)


def faults(entry: Any) -> list[str]:
    """What is wrong with an entry of a list."""
    found: Any = _ENTRY.iter_errors(entry)  # pyright: ignore[reportUnknownMemberType]  # the library has no types here
    return [f"{error.json_path}: {error.message}" for error in found]
