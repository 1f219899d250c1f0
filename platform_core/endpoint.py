"""The HTTP border of a server: who is it, may they open it, which way in. Everything else is the protocol's."""

import json
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import msgspec

from platform_core.adapter import MODERN
from platform_core.auth.border import Border, Refusal
from platform_core.auth.tokens import Verifier
from platform_core.call import Call, current_call
from platform_core.layer import Layer

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

BODY_LIMIT = 4 * 1024 * 1024

log = logging.getLogger(__name__)


class _Params(msgspec.Struct):
    name: str | None = None


class _Named(msgspec.Struct):
    """As much of a 2025 body as it takes to know which tool it calls."""

    params: _Params | None = None


_named = msgspec.json.Decoder(_Named).decode


class Endpoint:
    """ASGI application of one server. The proxy sends `/mcp`; `/health/*` and `/metrics` stay on this machine."""

    def __init__(
        self,
        *,
        server: str,
        how_to_ask: str,
        metadata_url: str,
        verifier: Verifier,
        layer: Layer,
        short: App,
        long: App,
        long_tools: Collection[str],
        while_running: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._server, self._how_to_ask, self._metadata_url = server, how_to_ask, metadata_url
        self._border, self._layer = Border(server, verifier), layer
        self._short, self._long, self._long_tools = short, long, frozenset(long_tools)
        self._while_running = while_running
        self._leaving, self.ready = False, False
        """`ready` is false before the first policy and key set, and from the moment of shutting down."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._live(receive, send)
        path = scope["path"]
        if path == "/mcp":
            return await self._mcp(scope, receive, send)
        if path == "/health/ready":
            return await _answer(send, 200 if self.ready else 503, {"ready": self.ready})
        if path == "/health/live":
            return await _answer(send, 200, {"live": True})
        if path == "/metrics":
            return await _plain(send, self._layer.metrics.text())
        return await _answer(send, 404, {"code": "not_found", "detail": "a server has /mcp and nothing else"})

    def leave(self) -> None:
        """Health says no from now on, also where it never said yes."""
        self._leaving, self.ready = True, False

    async def _live(self, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            await receive()
            await stack.enter_async_context(self._while_running())
            self.ready = not self._leaving
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self.leave()
        await send({"type": "lifespan.shutdown.complete"})

    async def _mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        # httptools keeps blanks at the end of a value; the proxy and the SDK would then read two names
        scope["headers"] = headers = [(name, value.strip()) for name, value in scope["headers"]]
        seen = dict(headers)
        if scope["method"] != "POST":  # on 2025 a GET would open a stream that nothing ever comes out of
            detail = "a server is posted to and nothing else"
            return await _answer(send, 405, {"code": "method_not_allowed", "detail": detail}, [(b"allow", b"POST")])
        try:
            call = Call(
                principal=self._border.caller(headers, seen),
                traceparent=seen.get(b"traceparent", b"").decode("latin-1") or None,
                request_id=seen.get(b"x-request-id", b"").decode("latin-1") or None,
            )
            self._gate(call, seen)
        except Refusal as refusal:
            return await self._refuse(send, refusal, seen)
        token = current_call.set(call)
        try:
            if self._long_tools:
                app, receive = await self._way_in(seen, receive)
            else:
                app = self._short
            await app(scope, receive, send)
        finally:
            current_call.reset(token)

    def _gate(self, call: Call, seen: dict[bytes, bytes]) -> None:
        decision = self._layer.opening(call)
        if not decision.allow:
            self._layer.turned_away(call, decision, _era(seen))
            raise Refusal(403, "authorization_denied", decision.rule, decision.reason, self._how_to_ask)

    async def _way_in(self, seen: dict[bytes, bytes], receive: Receive) -> tuple[App, Receive]:
        """Long tools go by SSE. On 2026 the SDK holds `Mcp-Name` to the body; on 2025 only the body tells the truth."""
        if _era(seen) == MODERN:
            name = seen.get(b"mcp-name", b"").decode("latin-1")
            return (self._long if name in self._long_tools else self._short), receive
        body, receive = await _read(receive)
        try:
            params = _named(body).params
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return self._short, receive
        return (self._long if params is not None and params.name in self._long_tools else self._short), receive

    async def _refuse(self, send: Send, refusal: Refusal, seen: dict[bytes, bytes]) -> None:
        self._layer.metrics.refusals.labels(refusal.rule.partition("/")[2]).inc()
        trace = seen.get(b"traceparent", b"").decode("latin-1").split("-")
        fields = {
            "code": refusal.code,
            "rule": refusal.rule,
            "detail": refusal.detail,
            "server": self._server,
            "how_to_ask": refusal.how_to_ask,
            "trace_id": trace[1] if len(trace) == 4 else None,
        }
        challenge = f'Bearer error="invalid_token", resource_metadata="{self._metadata_url}"'
        extra = [(b"www-authenticate", challenge.encode())] if refusal.status == 401 else []
        await _answer(send, refusal.status, fields, extra)


def _era(seen: dict[bytes, bytes]) -> str:
    return seen.get(b"mcp-protocol-version", b"2025-03-26").decode("latin-1")


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body, and a `receive` that gives it again; past the limit the SDK's own limit answers."""
    chunks: list[dict[str, Any]] = []
    size = 0
    while True:
        chunk = await receive()
        chunks.append(chunk)
        size += len(chunk.get("body", b""))
        if chunk["type"] != "http.request" or not chunk.get("more_body") or size > BODY_LIMIT:
            break
    replayed = iter(chunks)

    async def again() -> dict[str, Any]:
        return next(replayed, None) or await receive()

    return b"".join(chunk.get("body", b"") for chunk in chunks), again


async def _answer(send: Send, status: int, fields: dict[str, Any], extra: Collection[tuple[bytes, bytes]] = ()) -> None:
    body = json.dumps(fields).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _plain(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; version=0.0.4"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
