"""One tool call with the real MCP client; the only module that imports the SDK."""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any, cast

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from surfaces.cli import access, places, reading, web
from surfaces.cli.failures import Failed, Refused
from surfaces.cli.logins import Login
from surfaces.cli.places import Place

PATIENCE = httpx2.Timeout(30, read=300)  # a query may think before it answers


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the tool said."""

    text: str
    failed: bool


class Bearer(httpx2.Auth):
    """The person's token on every request; renewed once where a server no longer takes it."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = await asyncio.to_thread(access.token, self._place)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            token = await asyncio.to_thread(access.token, self._place, refused=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request


class Watch:
    """Remembers how the platform refused: the SDK tells its callers less than the proxy said."""

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self.refusal: Failed | None = None

    async def __call__(self, response: httpx2.Response) -> None:
        if response.request.method != "POST":
            return  # the SDK tries a GET stream too, and lives without it
        body = await response.aread() if response.status_code >= 400 else b'"jsonrpc"'
        self.refusal = None if b'"jsonrpc"' in body else web.no(response.status_code, body, self._whose)


def call(login: Login, server: str, tool: str, arguments: dict[str, Any], *, era: str) -> Answer:
    """Call one tool as the person who is logged in."""
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # the refusal below says it better
    endpoint = login.endpoint(server)
    watch = Watch(endpoint)
    try:
        return _answer(asyncio.run(_call(login, endpoint, tool, arguments, era, watch)))
    except BaseExceptionGroup as group:
        raise _meaning(list(_leaves(group)), watch, endpoint) from None
    except (MCPError, httpx2.TransportError) as error:
        raise _meaning([error], watch, endpoint) from None


async def _call(
    login: Login, endpoint: str, tool: str, arguments: dict[str, Any], era: str, watch: Watch
) -> CallToolResult:
    async with (
        httpx2.AsyncClient(
            auth=Bearer(login.place),
            headers={"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"},
            timeout=PATIENCE,
            trust_env=not places.is_loopback(endpoint),
            event_hooks={"response": [watch]},
        ) as http,
        Client(streamable_http_client(endpoint, http_client=http), mode=era) as client,
    ):
        return await client.call_tool(tool, arguments)


def _answer(result: CallToolResult) -> Answer:
    fields = cast(dict[str, Any], result.structured_content or {})
    text = "\n".join(_text(block) for block in result.content) or json.dumps(fields, indent=2)
    if result.is_error and fields.get("code") == "authorization_denied":
        raise Refused(
            code="authorization_denied",
            detail=reading.text_or(fields, "detail", text),
            rule=reading.text_or(fields, "rule"),
            how_to_ask=reading.text_or(fields, "how_to_ask"),
            trace_id=reading.text_or(fields, "trace_id"),
        )
    return Answer(text=reading.printable(text), failed=bool(result.is_error))


def _text(block: object) -> str:
    return block.text if isinstance(block, TextContent) else f"[{getattr(block, 'type', 'unknown')}: not shown here]"


def _meaning(errors: list[BaseException], watch: Watch, endpoint: str) -> BaseException:
    for error in errors:
        if isinstance(error, Failed):
            return error
    if watch.refusal:
        return watch.refusal
    for error in errors:
        if isinstance(error, httpx2.TransportError):
            return web.silent(endpoint)
        if isinstance(error, MCPError):
            return Failed(reading.printable(error.error.message))
    return errors[0]


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(cast(BaseExceptionGroup[BaseException], error))
        else:
            yield error
