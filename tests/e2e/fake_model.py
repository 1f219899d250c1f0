"""A language model that needs no weights: it calls the one tool that it was told of, then repeats what came back.

It speaks the messages wire, streamed or not, as coding agents do; one conversation, one tool call.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass
class FakeModel:
    """An ASGI program. What was offered to it is kept, so that a test can look."""

    tool: str
    arguments: Json
    offered: set[str] = field(default_factory=set[str])
    """Names of all tools that a conversation brought along."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        body = await body_of(receive)
        if scope["method"] != "POST" or scope["path"] != "/v1/messages":
            return await answer(send, "application/json", b"{}")
        asked: Json = json.loads(body)
        said = self._reply(asked)
        if not asked.get("stream"):
            return await answer(send, "application/json", json.dumps(said).encode())
        events = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in _streamed(said))
        return await answer(send, "text/event-stream", events.encode())

    def _reply(self, asked: Json) -> Json:
        tools = {tool["name"] for tool in asked.get("tools", ())}
        self.offered |= tools
        result = _last_result(asked)
        calls = result is None and self.tool in tools
        block: Json = (
            {"type": "tool_use", "id": "toolu_1", "name": self.tool, "input": self.arguments}
            if calls
            else {"type": "text", "text": f"The tool said: {result}" if result else "Hello."}
        )
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": [block],
            "stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }  # fmt: skip


def _last_result(asked: Json) -> str | None:
    """What the last tool call brought, as text."""
    messages: list[Json] = asked["messages"]
    contents: list[str | list[Json]] = [message["content"] for message in messages]
    blocks = [block for content in contents if not isinstance(content, str) for block in content]
    results: list[str | list[Json]] = [block["content"] for block in blocks if block["type"] == "tool_result"]
    if not results:
        return None
    last = results[-1]
    return last if isinstance(last, str) else "\n".join(part.get("text", "") for part in last)


def _streamed(said: Json) -> Iterator[Json]:
    """The same message in pieces."""
    [block] = said["content"]
    if block["type"] == "tool_use":
        start, delta = block | {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    else:
        start, delta = block | {"text": ""}, {"type": "text_delta", "text": block["text"]}
    yield {"type": "message_start", "message": said | {"content": [], "stop_reason": None}}
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    end = {"stop_reason": said["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


async def body_of(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return body


async def answer(send: Send, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
