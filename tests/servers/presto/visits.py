"""Calls through the real client, and what comes back."""

from typing import Any, Literal, cast

from mcp import Client
from mcp.types import TextContent

Era = Literal["auto", "legacy"]


async def call(client: Client, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """The text for the model and the fields for programs of an answer that is no error."""
    text, fields, error = await outcome(client, tool, **arguments)
    assert not error, text
    return text, fields


async def outcome(client: Client, tool: str, **arguments: Any) -> tuple[str, dict[str, Any], bool]:
    result = await client.call_tool(tool, arguments)
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text, cast("dict[str, Any]", result.structured_content), result.is_error
