"""Small words for tests that visit a server through the real client."""

from typing import Any, Literal, cast

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, TextContent

from platform_core.telemetry.record import Entry, Record
from platform_core.testing.connect import Kept

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")
"""How a client connects: 2026-07-28 where the server speaks it, or 2025-11-25."""
VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}

both_eras = pytest.mark.parametrize("era", ERAS)


def text_of(result: CallToolResult) -> str:
    """What the model reads."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def fields_of(result: CallToolResult) -> dict[str, Any]:
    """What a program reads."""
    assert isinstance(result.structured_content, dict)
    return cast("dict[str, Any]", result.structured_content)


def records(kept: list[Entry] | Kept, method: str = "tools/call") -> list[Record]:
    """The records of `method`, in order."""
    return [entry.record for entry in kept if entry.record.method == method]


def told(error: BaseException) -> MCPError:
    """The protocol error inside what a client raised."""
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    assert isinstance(error, MCPError)
    return error
