"""The addresses of the statement protocol."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.coordinator import protocol
from deploy.local.coordinator.engine import Engine
from deploy.local.coordinator.exchange import Exchange, Page, Step
from deploy.local.coordinator.queries import Queries
from deploy.local.coordinator.session import Session
from deploy.local.coordinator.settings import HOST, CoordinatorSettings

_LARGEST_BODY = 8_000_000
_NOBODY = "Basic authentication or X-Trino-Original-User or X-Trino-User must be sent"


def build_app(settings: CoordinatorSettings) -> Starlette:
    """The engine as an ASGI program; its data must be there."""
    coordinator = Coordinator(settings)
    paged = "/v1/statement/{phase}/{query_id}/{slug}/{token}"
    return Starlette(
        routes=[
            Route("/v1/statement", coordinator.submit, methods=["POST"]),
            Route(paged, coordinator.fetch, methods=["GET"]),
            Route(paged, coordinator.cancel, methods=["DELETE"]),
            Route("/v1/query/{query_id}", coordinator.describe, methods=["GET"]),
            Route("/v1/query/{query_id}", coordinator.kill, methods=["DELETE"]),
            Route("/v1/info", coordinator.information, methods=["GET"]),
            Route("/healthz", coordinator.health, methods=["GET"]),
        ],
        # A page of another site that got itself this address by DNS is not the machine's own client.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
        lifespan=coordinator.lifespan,
    )


class Coordinator:
    """Answers requests; the work is done by the workers of `Queries`."""

    def __init__(self, settings: CoordinatorSettings) -> None:
        self._settings = settings
        self._started = time.monotonic()

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncGenerator[None]:
        """The engine lives as long as the program."""
        self._queries = Queries(self._settings, await asyncio.to_thread(Engine, self._settings))
        watch = asyncio.create_task(self._queries.watch())
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await self._queries.close()

    async def submit(self, request: Request) -> Response:
        """Take a statement."""
        session = Session.of(request.headers)
        if session is None:
            return PlainTextResponse(_NOBODY, 401)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("The statement is too large", 413)
        text = body.decode("utf-8", "replace")
        if not text.strip():
            return PlainTextResponse("SQL statement is empty", 400)
        exchange = self._queries.submit(session, text)
        return _told(exchange, exchange.first(), request)

    async def fetch(self, request: Request) -> Response:
        """The next page of a query, or the last one again. Whoever has the address may ask."""
        exchange, step = self._at(request)
        page = await exchange.page(step, request.path_params["slug"]) if exchange else None
        return _missing() if exchange is None or page is None else _told(exchange, page, request)

    async def cancel(self, request: Request) -> Response:
        """End a query by the address of its next page."""
        exchange, step = self._at(request)
        if exchange is None or not exchange.knows(step, request.path_params["slug"]):
            return _missing()
        exchange.query.cancel()
        return Response(status_code=204)

    async def describe(self, request: Request) -> Response:
        """All about one's own query."""
        exchange, refusal = self._own(request)
        return refusal if exchange is None else JSONResponse(protocol.description(exchange.query))

    async def kill(self, request: Request) -> Response:
        """End one's own query."""
        exchange, refusal = self._own(request)
        if exchange is None:
            return refusal
        exchange.query.cancel()
        return Response(status_code=204)

    async def information(self, _request: Request) -> Response:
        """What engine this is."""
        return JSONResponse(protocol.information(self._started))

    async def health(self, _request: Request) -> Response:
        """It answers, and its data are there: the engine does not start without them."""
        return JSONResponse({"status": "ok", "schemas": self._settings.schemas.split(",")})

    def _at(self, request: Request) -> tuple[Exchange | None, Step]:
        parameters = request.path_params
        return self._queries.find(parameters["query_id"]), Step.of(parameters["phase"], parameters["token"])

    def _own(self, request: Request) -> tuple[Exchange | None, Response]:
        session, exchange = Session.of(request.headers), self._queries.find(request.path_params["query_id"])
        if session is None:
            return None, PlainTextResponse(_NOBODY, 401)
        if exchange is not None and exchange.query.session.user != session.user:
            return None, PlainTextResponse("Access Denied: the query belongs to another user", 403)
        return exchange, _missing()


def _told(exchange: Exchange, page: Page, request: Request) -> Response:
    base = str(request.base_url).rstrip("/")
    headers = {"Cache-Control": "no-store", **protocol.headers(exchange.query)}
    return Response(protocol.answer(exchange, page, base), media_type="application/json", headers=headers)


def _missing() -> Response:
    return PlainTextResponse("Query not found", 404)


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            return None
    return bytes(body)
