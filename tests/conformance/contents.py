"""Tools of the conformance suite that answer at once: every kind of content, an error, progress, a rich schema."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.types import (
    AudioContent,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

from platform_core import Invalid

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="


def text(value: str) -> TextContent:
    return TextContent(type="text", text=value)


def result(*content: ContentBlock) -> CallToolResult:
    return CallToolResult(content=list(content))


def embedded(uri: str, mime_type: str, value: str) -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=value))


async def test_simple_text() -> CallToolResult:
    """Answer with text."""
    return result(text("This is a simple text response for testing."))


async def test_image_content() -> CallToolResult:
    """Answer with an image."""
    return result(ImageContent(type="image", data=PIXEL, mime_type="image/png"))


async def test_audio_content() -> CallToolResult:
    """Answer with sound."""
    return result(AudioContent(type="audio", data=SILENCE, mime_type="audio/wav"))


async def test_embedded_resource() -> CallToolResult:
    """Answer with a resource."""
    return result(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."))


async def test_multiple_content_types() -> CallToolResult:
    """Answer with three kinds of content."""
    return result(
        text("Multiple content types test:"),
        ImageContent(type="image", data=PIXEL, mime_type="image/png"),
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    )


async def test_error_handling() -> CallToolResult:
    """Fail as a tool is meant to fail."""
    raise Invalid("This tool intentionally returns an error for testing")


async def test_tool_with_logging(ctx: Context[Any, Any]) -> CallToolResult:
    """Say three things on the way."""
    for step in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(step)  # pyright: ignore[reportDeprecated]  # 2025-11-25 still has it
    return result(text("logged"))


async def test_tool_with_progress(ctx: Context[Any, Any]) -> CallToolResult:
    """Report progress three times."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
    return result(text("done"))


async def test_custom_headers(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
) -> CallToolResult:
    """Take an argument that a proxy may read from a header."""
    return result(text(region))


async def test_logging_tool(ctx: Context[Any, Any]) -> CallToolResult:
    """Say something that nobody asked to hear."""
    await ctx.info("unheard")  # pyright: ignore[reportDeprecated]
    return result(text("done"))
