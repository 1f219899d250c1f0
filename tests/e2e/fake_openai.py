"""The same model without weights on two other wires, chat completions and responses: one tool call, then its answer."""

import json
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast

from tests.e2e.fake_model import Json, Receive, Send, answer, body_of

USAGE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "input_tokens_details": {"cached_tokens": 0}} | {
    "output_tokens_details": {"reasoning_tokens": 0}
}


@dataclass
class FakeOpenAI:
    """An ASGI program. What was offered to it is kept, so that a test can look."""

    tool: str
    arguments: Json
    offered: set[str] = field(default_factory=set[str])

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        asked = json.loads(await body_of(receive) or b"{}")
        match scope["path"].rpartition("/")[2]:
            case "completions":
                events = [json.dumps(event) for event in self._completed(asked)] + ["[DONE]"]
                text = "".join(f"data: {event}\n\n" for event in events)
            case "responses":
                text = "".join(
                    f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in self._responded(asked)
                )
            case _:
                return await answer(send, "application/json", b'{"object": "list", "data": [], "models": []}')
        return await answer(send, "text/event-stream", text.encode())

    def _completed(self, asked: Json) -> Iterator[Json]:
        named = [tool["function"]["name"] for tool in asked.get("tools") or ()]
        self.offered |= set(named)
        brought = next((each["content"] for each in reversed(asked["messages"]) if each["role"] == "tool"), None)
        wanted = next((name for name in named if name.endswith(self.tool)), None)
        base = {"id": "c1", "created": 1, "model": asked["model"], "object": "chat.completion.chunk"}
        if wanted and brought is None:
            call = {"name": wanted, "arguments": json.dumps(self.arguments)}
            delta: Json = {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}]}
        else:
            delta = {"content": f"The tool said: {brought}"}
        end = "tool_calls" if "tool_calls" in delta else "stop"
        yield base | {"choices": [{"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}]}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        yield base | {"choices": [{"index": 0, "delta": {}, "finish_reason": end}], "usage": usage}

    def _responded(self, asked: Json) -> Iterator[Json]:
        tools = list(_flat(asked.get("tools") or ()))
        self.offered |= {name for _, name in tools}
        said: list[Json] = cast("list[Json]", asked["input"]) if isinstance(asked["input"], list) else []
        brought = next((each["output"] for each in reversed(said) if each.get("type") == "function_call_output"), None)
        wanted = next(((space, name) for space, name in tools if name.endswith(self.tool)), None)
        if wanted and brought is None:
            item: Json = {"type": "function_call", "id": "fc1", "call_id": "call_1", "name": wanted[1]}
            item |= {"arguments": json.dumps(self.arguments), "status": "completed"}
            item |= {"namespace": wanted[0]} if wanted[0] else {}
        else:
            words: list[Json] = [{"type": "output_text", "text": f"The tool said: {brought}", "annotations": []}]
            item = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": words}
        whole = {"id": "r1", "object": "response", "created_at": 1, "model": asked["model"], "usage": USAGE}
        done = whole | {"status": "completed", "output": [item]}
        yield {"type": "response.created", "response": whole | {"status": "in_progress", "output": []}}
        yield {"type": "response.output_item.added", "output_index": 0, "item": item}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
        yield {"type": "response.completed", "response": done}


def _flat(tools: Any) -> Iterator[tuple[str | None, str]]:
    """Namespace and name of every function: some clients nest the tools of a server."""
    for tool in tools:
        if tool.get("type") == "namespace":
            yield from ((tool["name"], each["name"]) for each in tool["tools"])
        elif "name" in tool:
            yield None, tool["name"]
