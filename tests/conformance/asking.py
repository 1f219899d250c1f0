"""Tools of the conformance suite that ask back before they answer (2026-07-28)."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Sample
from mcp.types import (
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
)

from platform_core import Resolve
from tests.conformance.contents import result, text

Answer = CallToolResult | InputRequiredResult
Asking = Context[Any, Any]


def form(message: str, **fields: str) -> ElicitRequest:
    """A question with required fields of the given JSON types."""
    properties = {name: {"type": kind} for name, kind in fields.items()}
    schema = {"type": "object", "properties": properties, "required": list(fields)}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(message: str, most: int) -> CreateMessageRequest:
    """A question to the client's model."""
    asked = SamplingMessage(role="user", content=text(message))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[asked], max_tokens=most))


def ask(state: str | None = None, /, **requests: InputRequest) -> InputRequiredResult:
    return InputRequiredResult(input_requests=requests, request_state=state)


def said(ctx: Asking, key: str, field: str) -> str | None:
    """What the person wrote into one field of the form `key`."""
    answer = (ctx.input_responses or {}).get(key)
    if isinstance(answer, ElicitResult) and answer.content and field in answer.content:
        return str(answer.content[field])
    return None


async def test_input_required_result_elicitation(ctx: Asking) -> Answer:
    """Ask the person for a name."""
    name = said(ctx, "user_name", "name")
    return result(text(f"Hello, {name}!")) if name else ask(user_name=form("What is your name?", name="string"))


async def test_input_required_result_sampling(ctx: Asking) -> Answer:
    """Ask the client's model."""
    answer = (ctx.input_responses or {}).get("capital_question")
    if isinstance(answer, CreateMessageResult):
        return result(answer.content)
    return ask(capital_question=sample("What is the capital of France?", 100))


async def test_input_required_result_list_roots(ctx: Asking) -> Answer:
    """Ask for the client's roots."""
    answer = (ctx.input_responses or {}).get("client_roots")
    if isinstance(answer, ListRootsResult):
        return result(text(", ".join(str(root.uri) for root in answer.roots)))
    return ask(client_roots=ListRootsRequest())


async def test_input_required_result_request_state(ctx: Asking) -> Answer:
    """Ask, and remember by the sealed state that it was asked."""
    if ctx.request_state == "asked" and ctx.input_responses:
        return result(text("state-ok"))
    return ask("asked", confirm=form("Please confirm", ok="boolean"))


async def test_input_required_result_tampered_state(ctx: Asking) -> Answer:
    """The same: a state that was changed on the way never arrives here."""
    return await test_input_required_result_request_state(ctx)


async def test_input_required_result_multiple_inputs(ctx: Asking) -> Answer:
    """Ask three things at once."""
    wanted: dict[str, InputRequest] = {
        "user_name": form("What is your name?", name="string"),
        "greeting": sample("Generate a greeting", 50),
        "client_roots": ListRootsRequest(),
    }
    if wanted.keys() <= (ctx.input_responses or {}).keys():
        return result(text("all three"))
    return ask("asked", **wanted)


async def test_input_required_result_multi_round(ctx: Asking) -> Answer:
    """Ask twice, one after the other."""
    if said(ctx, "step2", "color"):
        return result(text(f"{ctx.request_state} likes {said(ctx, 'step2', 'color')}"))
    name = said(ctx, "step1", "name")
    if name:
        return ask(name, step2=form("Step 2: What is your favorite color?", color="string"))
    return ask("start", step1=form("Step 1: What is your name?", name="string"))


async def test_input_required_result_capabilities(ctx: Asking) -> Answer:
    """Ask only in the ways that the client can answer."""
    can = ctx.client_capabilities
    wanted: dict[str, InputRequest] = {}
    if can and can.elicitation:
        wanted["user_name"] = form("What is your name?", name="string")
    if can and can.sampling:
        wanted["greeting"] = sample("Generate a greeting", 50)
    return result(text("nobody to ask")) if ctx.input_responses or not wanted else ask(None, **wanted)


async def thought() -> Sample:
    return Sample([SamplingMessage(role="user", content=text("Say something"))], max_tokens=10)


async def test_missing_capability(answer: Annotated[CreateMessageResult, Resolve(thought)]) -> CallToolResult:
    """Need the client's model, whether or not it has one to offer."""
    return result(answer.content)


async def test_streaming_elicitation(ctx: Asking) -> Answer:
    """Ask on a stream, and send nothing else on it."""
    return await test_input_required_result_elicitation(ctx)
