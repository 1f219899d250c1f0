"""How a tool's return value leaves: compact text for the model, fields for programs, failures that instruct."""

import functools
import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, get_type_hints

import msgspec
from mcp.types import Annotations, CallToolResult, ResourceLink, TextContent
from pydantic import BaseModel, ValidationError

from platform_core.approval.guidance import GUIDANCE
from platform_core.approval.refusals import ApprovalPending
from platform_core.errors import DomainError, Unavailable, WiringError
from platform_core.policy.decide import Decision
from platform_core.untrusted import OPEN, PREFACE, Readable, Untrusted, fenced, readable


class Link(BaseModel):
    """A resource of this server that an answer points to: for the person's client to read, not for the model.

    A result gives its links by `as_links(self) -> Iterable[Link]`.
    """

    uri: str
    name: str
    description: str
    mime_type: str


_encode = msgspec.json.Encoder(enc_hook=str).encode


def answering(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[CallToolResult]]:
    """Wrap a tool so that it returns the wire result, while its published schemas stay those of `function`."""
    if not inspect.iscoroutinefunction(function):
        raise WiringError(f"the tool {function.__name__} must be `async def`: a thread per call is slow and hides it")
    hints = get_type_hints(function, include_extras=True)
    returns: Any = hints.get("return", Any)
    structured = inspect.isclass(returns) and issubclass(returns, BaseModel)
    if not structured and returns not in (str, Untrusted):
        raise WiringError(f"the tool {function.__name__} must return a pydantic model, `str` or `Untrusted`")

    # A runtime check against a protocol costs more than the whole platform layer, so it is done here, once.
    text_of = _readable if hasattr(returns, "as_text") else _compact
    points = hasattr(returns, "as_links")

    @functools.wraps(function)
    async def wrapped(*args: Any, **kwargs: Any) -> CallToolResult:
        value = await function(*args, **kwargs)
        answer = _answer(Untrusted(value) if returns is Untrusted else value, text_of)
        if points:
            answer.content.extend(map(_link, value.as_links()))
        return answer

    annotation: Any = Annotated[CallToolResult, returns] if structured else CallToolResult
    wrapped.__annotations__ = {**hints, "return": annotation}
    signature = inspect.signature(function)
    parameters = [p.replace(annotation=hints.get(p.name, p.annotation)) for p in signature.parameters.values()]
    wrapped.__signature__ = signature.replace(parameters=parameters, return_annotation=annotation)  # type: ignore[attr-defined]
    return wrapped


def _answer(value: object, text_of: Callable[[Any, dict[str, Any]], str]) -> CallToolResult:
    if isinstance(value, BaseModel):
        fields = _sayable(value.model_dump(mode="json", by_alias=True))
        return CallToolResult(content=[_text(text_of(value, fields))], structured_content=fields)
    if isinstance(value, Untrusted):
        return CallToolResult(content=[_text(f"{PREFACE}\n{fenced(value)}")])
    return CallToolResult(content=[_text(str(value))])


def _readable(value: Readable, _: dict[str, Any]) -> str:
    return readable(value)


def _compact(_: BaseModel, fields: dict[str, Any]) -> str:
    text = _encode(fields).decode()
    return f"{PREFACE}\n{text}" if OPEN in text else text


def _link(link: Link) -> ResourceLink:
    return ResourceLink(**link.model_dump(), annotations=Annotations(audience=["user"]))


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text.encode("utf-8", "replace").decode())


def _sayable(fields: dict[str, Any]) -> dict[str, Any]:
    """The same fields without half characters (lone surrogates), which JSON can hold and UTF-8 can't say."""
    try:
        _encode(fields)
    except UnicodeEncodeError:
        whole: dict[str, Any] = json.loads(json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace"))
        return whole
    return fields


def refused(decision: Decision, *, how_to_ask: str, trace_id: str | None) -> CallToolResult:
    """The result of a tool that the policy keeps closed; the body did not run."""
    fields = {
        "code": "authorization_denied",
        "rule": decision.rule,
        "detail": decision.reason,
        "how_to_ask": how_to_ask,
        "trace_id": trace_id,
    }
    text = f"Not yet: {decision.reason} ({decision.rule}). To get it: {how_to_ask}."
    return CallToolResult(is_error=True, content=[_text(text)], structured_content=fields)


def failed(error: DomainError) -> CallToolResult:
    """The result of an expected failure: what happened and what to do next, for the model to read."""
    fields: dict[str, Any] = {"code": error.code, "message": str(error), "retryable": error.retryable}
    if isinstance(error, Unavailable) and error.retry_after is not None:
        fields["retry_after"] = error.retry_after
    return CallToolResult(is_error=True, content=[_text(str(error))], structured_content=fields)


def waiting(pending: ApprovalPending, missing: str | None) -> CallToolResult:
    """The result of a call that waits for a person: where to send them. `missing`: how the client can't ask."""
    approval = pending.approval
    fields = {
        "code": pending.code,
        "message": str(pending),
        "retryable": True,
        "approval": approval.id,
        "url": pending.url,
        "expires_at": approval.expires_at,
        "missing_capability": missing,
        "guidance": GUIDANCE,
    }
    return CallToolResult(is_error=True, content=[_text(str(pending))], structured_content=fields)


def invalid(tool: str, error: ValidationError) -> CallToolResult:
    """The result of arguments that do not fit the schema: field and fault, without the library's prose."""
    faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors())
    message = f"{tool} was not run: {faults}. Correct the arguments and call again."
    fields = {"code": "invalid", "message": message, "retryable": False}
    return CallToolResult(is_error=True, content=[_text(message)], structured_content=fields)


def crashed(tool: str, trace_id: str | None) -> CallToolResult:
    """The result of a crash: the log has the rest."""
    message = f"{tool} failed inside the server; its owner can find it by the trace id {trace_id or '(none)'}."
    fields = {"code": "crash", "message": message, "retryable": False, "trace_id": trace_id}
    return CallToolResult(is_error=True, content=[_text(message)], structured_content=fields)
