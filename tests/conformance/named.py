"""Resources and prompts of the conformance suite."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.types import ImageContent, InputRequiredResult

from tests.conformance.asking import Asking, ask, form, said
from tests.conformance.contents import PIXEL, embedded


async def static_text() -> str:
    """A text."""
    return "This is the content of the static text resource."


async def static_binary() -> bytes:
    """An image."""
    return base64.b64decode(PIXEL)


async def template(id: str) -> str:
    """Data for any id."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


async def test_simple_prompt() -> Message:
    """One message."""
    return UserMessage("This is a simple prompt for testing.")


async def test_prompt_with_arguments(arg1: str, arg2: str) -> Message:
    """Two arguments in one message."""
    return UserMessage(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")


async def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:
    """A resource in a message."""
    resource = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [UserMessage(resource), UserMessage("Please process the embedded resource above.")]


async def test_prompt_with_image() -> list[Message]:
    """An image in a message."""
    image = ImageContent(type="image", data=PIXEL, mime_type="image/png")
    return [UserMessage(image), UserMessage("Please analyze the image above.")]


async def test_input_required_result_prompt(ctx: Asking) -> Message | InputRequiredResult:
    """A prompt that asks before it answers."""
    context = said(ctx, "user_context", "context")
    question = form("What context should the prompt use?", context="string")
    return UserMessage(context) if context else ask(user_context=question)


RESOURCES: Mapping[str, tuple[Callable[..., Any], str]] = {
    "test://static-text": (static_text, "text/plain"),
    "test://static-binary": (static_binary, "image/png"),
    "test://template/{id}/data": (template, "application/json"),
}
PROMPTS: tuple[Callable[..., Any], ...] = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
    test_input_required_result_prompt,
)
