"""The only module that knows the MCP SDK's provisional seams: middleware, session managers, the tool call hook.

`tests/platform_core/test_adapter.py` holds the SDK to what is used here, in both protocol eras.
"""

import functools
import logging
import secrets
from collections.abc import Callable, Iterable
from typing import Any, cast

from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError, UnexpectedToolError
from mcp.server.mcpserver.resolve import Resolve as SdkResolve
from mcp.server.mcpserver.tools import Tool
from mcp.server.request_state import RequestStateSecurity
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    ElicitRequest,
    ElicitRequestURLParams,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import AnyUrl, ValidationError

from platform_core.approval.desk import Desk
from platform_core.approval.refusals import ApprovalPending, NotApproved, unusable
from platform_core.approval.settling import ASKED
from platform_core.call import the_call
from platform_core.canonical import canonical
from platform_core.errors import DomainError
from platform_core.layer import Layer, Refused
from platform_core.message import Message, message
from platform_core.policy.decide import OPENING
from platform_core.registration.manifest import Manifest
from platform_core.results import crashed, failed, invalid, refused, waiting

NOT_ALLOWED = -32010
"""JSON-RPC code of a refusal that has no tool result to live in; -32000 to -32019 are the server's own."""
MODERN = "2026-07-28"
SEALED_SECONDS = 600.0
"""How long a client may carry a state from round to round."""

Resolve = SdkResolve
log = logging.getLogger(__name__)


class ComposedServer(MCPServer[Any]):
    """The SDK's server with Seedbed's failures: expected ones instruct, arguments are named, crashes tell nothing."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        call = the_call()
        try:
            return await super().call_tool(name, arguments, context)
        except MCPError as error:
            if not call.asking or error.code == MISSING_REQUIRED_CLIENT_CAPABILITY:
                raise
            call.failure, call.ended = unusable(), "cancelled"  # the client failed instead of answering
            return failed(call.failure)
        except ToolError as error:
            call.failure = unusable() if call.asking else error.__cause__ or error
            if isinstance(call.failure, ApprovalPending):
                call.ended = "waiting"
                return _asked_on_the_page(call.failure, context)
            if isinstance(call.failure, DomainError):
                call.ended = "cancelled" if isinstance(call.failure, NotApproved) else "tool_error"
                return failed(call.failure)
            # Only what stood before the body: a ValidationError out of the body itself is a crash like any other.
            if isinstance(call.failure, ValidationError) and not isinstance(error, UnexpectedToolError):
                call.ended = "invalid"
                return invalid(name, call.failure)
            call.ended = "exception"
            log.error("the tool %s crashed, trace %s", name, call.trace_id, exc_info=call.failure)
            return crashed(name, call.trace_id)

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        try:
            return await super().read_resource(uri, context)
        except ResourceError as error:
            if isinstance(error.__cause__, DomainError):
                raise error.__cause__ from None  # the layer remembers it; the caller gets its words
            raise


def _asked_on_the_page(
    pending: ApprovalPending, context: Context[Any, Any] | None
) -> CallToolResult | InputRequiredResult:
    """Ask the client to open the page where it said that it can; else, and a second time, give the link."""
    if context is None or context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return waiting(pending, None)
    declared = context.client_capabilities.elicitation if context.client_capabilities else None
    if declared is None or declared.url is None:
        return waiting(pending, "elicitation.url")
    if ASKED in (context.input_responses or {}):
        return waiting(pending, None)
    shown = pending.approval.shown
    asked = ElicitRequestURLParams(message=f"{shown.title} asks: {shown.question}", url=pending.url)
    return InputRequiredResult(input_requests={ASKED: ElicitRequest(params=asked)}, request_state=pending.approval.id)


def _caller(_: ServerRequestContext[Any, Any]) -> str:
    """Whose the state is that a client carries from round to round: the SDK knows nobody, the border does."""
    who = the_call().principal
    return canonical([who.subject, who.client, who.surface, who.channel, who.workload]).decode()


def protocol_server(
    manifest: Manifest, version: str, tools: list[Tool], *, ttl_ms: int, desk: Desk | None
) -> ComposedServer:
    """The SDK's server for one manifest; lists may be kept by the person's client for `ttl_ms`, by nobody else."""
    sealed = RequestStateSecurity(
        keys=desk.keys if desk and desk.keys else (secrets.token_bytes(32),),
        bind_principal=_caller,
        ttl=desk.lifetime if desk else SEALED_SECONDS,
        audience=f"{desk.environment}/{manifest.name}" if desk else manifest.name,
    )
    hint = CacheHint(ttl_ms=ttl_ms, scope="private")
    return ComposedServer(
        manifest.name,
        title=manifest.title,
        version=version,
        instructions=manifest.summary,
        log_level="WARNING",
        tools=tools,
        subscriptions=False,
        request_state_security=sealed,
        cache_hints={"tools/list": hint, "resources/list": hint, "prompts/list": hint},
    )


def put_around(server: MCPServer[Any], layer: Layer) -> None:
    """Put `layer` around every message of `server`, in place of the SDK's span: the layer makes its own."""
    spans = [m for m in server.middleware if type(m).__name__ == "OpenTelemetryMiddleware"]
    for middleware in spans:
        server.middleware.remove(middleware)
    server.middleware.append(functools.partial(_through, layer))  # type: ignore[arg-type]


async def _through(layer: Layer, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> Any:
    if ctx.request_id is None:
        return await call_next(ctx) if ctx.method in OPENING else None
    asked = message(ctx.method, ctx.params, ctx.protocol_version)
    try:
        return await layer.around(asked, cast("Callable[[], Any]", functools.partial(call_next, ctx)))
    except Refused as no:
        return _shaped(refused(no.decision, how_to_ask=no.how_to_ask, trace_id=no.trace_id), asked)
    except DomainError as error:
        return _shaped(failed(error), asked)


def _shaped(result: CallToolResult, asked: Message) -> dict[str, Any]:
    """A tool's no is a result that the model can read; any other method gets a protocol error."""
    fields = cast("dict[str, Any]", result.structured_content or {})
    if asked.method != "tools/call":
        raise MCPError(code=NOT_ALLOWED, message=str(fields.get("detail") or fields.get("message")), data=fields)
    wire = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return wire if asked.era in MODERN_PROTOCOL_VERSIONS else {k: v for k, v in wire.items() if k != "resultType"}


def session_managers(
    server: MCPServer[Any], security: TransportSecuritySettings
) -> tuple[StreamableHTTPSessionManager, StreamableHTTPSessionManager]:
    """Two ways in over one server, both stateless: JSON answers for short tools, SSE for long ones."""
    server.streamable_http_app(stateless_http=True, json_response=True, transport_security=security)
    short = server.session_manager
    server.streamable_http_app(stateless_http=True, json_response=False, transport_security=security)
    return short, server.session_manager


__all__ = ["MODERN", "ComposedServer", "Resolve", "Tool", "protocol_server", "put_around", "session_managers"]
