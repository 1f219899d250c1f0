"""Calls through the real client, and what comes back."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal, cast

import anyio
from mcp import Client
from mcp.types import TextContent

Era = Literal["auto", "legacy"]
BOUND = 240.0


async def outcome(client: Client, tool: str, **arguments: Any) -> tuple[str, dict[str, Any], bool]:
    """The text for the model, the fields for programs, and whether it is an error."""
    result = await client.call_tool(tool, arguments)
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text, cast("dict[str, Any]", result.structured_content or {}), bool(result.is_error)


async def call(client: Client, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """An answer that is no error."""
    text, fields, error = await outcome(client, tool, **arguments)
    assert not error, text
    return text, fields


async def until(asked: Callable[[], Awaitable[dict[str, Any]]], **wanted: Any) -> dict[str, Any]:
    """Ask until the answer's fields are so: a run takes its time."""
    end = time.monotonic() + BOUND
    while True:
        fields = await asked()
        if all(fields.get(name) == value for name, value in wanted.items()):
            return fields
        assert time.monotonic() < end, f"never {wanted}: {json.dumps(fields)[:2000]}"
        await anyio.sleep(0.5)
