"""A small stand-in for the platform's edge: real tokens, a real MCP server, the refusals that the proxy gives."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult, TextContent
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.surfaces.cli.registry import registry_answer

PATIENCE = 60.0
ASK = "ask #data-platform"


@dataclass(kw_only=True)
class Edge:
    """One platform: who signs people in, what it has heard, what it answers."""

    issuer: str
    port: int
    keys: KeySet
    mcp: ASGIApp
    heard: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    turned_down: set[str] = field(default_factory=set[str])
    """Tokens that are refused although they are good: the server knows better."""
    closed: bool = False
    """Nobody's token is good."""
    suspended: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What the registry was asked to close."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def dev(self) -> str:
        """The door of the other environment: the same port under another name."""
        return f"http://localhost:{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.mcp(scope, receive, send)
        request = Request(scope)
        self.heard.append({"path": request.url.path, **request.headers})
        if request.method == "POST" and request.url.path == "/api/suspensions":
            self.suspended.append(await Request(scope, receive).json())
        answer = self._door(request)
        return await answer(scope, receive, send)

    def _door(self, request: Request) -> ASGIApp:
        if request.url.path == "/.well-known/oauth-protected-resource":
            environments = {"production": self.url, "dev": self.dev}
            said = {"resource": self.url, "authorization_servers": [self.issuer], "environments": environments}
            return JSONResponse(said)
        person = self._person(request)
        if person is None:
            return _refusal(401, "unauthenticated", "edge/token", "log in first")
        if person["azp"] != ("seedbed-cli-dev" if self._is_dev(request) else "seedbed-cli"):
            return _refusal(403, "client_not_allowed", "edge/client", "the token's client belongs elsewhere")
        match request.url.path:
            case "/api/catalog":
                environment = request.query_params.get("environment", "production")
                url = self.dev if environment == "dev" else self.url
                return JSONResponse(_catalogue(url, person) | {"environment": environment})
            case path if path.startswith("/api/"):
                return registry_answer(request, person)
            case "/mcp/presto" if person["employment"] == "contractor":
                return _refusal(403, "authorization_denied", "presto/business-group", "presto is not open to carl", ASK)
            case "/mcp/presto":
                request.scope["path"] = "/mcp"
                return self.mcp
            case "/mcp/broken":
                return JSONResponse({"detail": "the server is away"}, 503)
            case _:
                return _refusal(404, "unknown_server", "edge/unknown-server", "no such server is registered")

    def _is_dev(self, request: Request) -> bool:
        return request.headers["host"].startswith("localhost")

    def _person(self, request: Request) -> dict[str, Any] | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.closed or token in self.turned_down:
            return None
        try:
            return dict(jwt.decode(token, self.keys, ["RS256"]).claims)
        except (JoseError, ValueError):
            return None


@contextmanager
def running_edge(issuer: str) -> Generator[Edge]:
    """The edge on a port of its own, until the block ends."""
    door = socket.create_server(("127.0.0.1", 0))  # listens at once: who comes early waits in the queue
    keys = KeySet.import_key_set(httpx2.get(f"{issuer}/jwks").json())
    edge = Edge(issuer=issuer, port=door.getsockname()[1], keys=keys, mcp=_presto())
    server = uvicorn.Server(uvicorn.Config(edge, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        yield edge
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def _presto() -> ASGIApp:
    server = MCPServer("presto", log_level="ERROR")
    for tool in (find_tables, add, run_query, fail):
        server.add_tool(tool)
    return server.streamable_http_app(json_response=True, stateless_http=True)


async def find_tables(words: str) -> str:
    """Find tables by words in name or comment.

    A second line that no list shows."""
    return f"orders matches {words}\x1b[2J"


async def add(left: int, right: int) -> str:
    """Add two numbers."""
    return str(left + right)


async def run_query(sql: str) -> CallToolResult:
    """Run one read-only statement."""
    fields = {
        "code": "authorization_denied",
        "rule": "query",
        "detail": "this needs data-engineering",
        "how_to_ask": ASK,
    }
    return CallToolResult(is_error=True, content=[TextContent(type="text", text="no")], structured_content=fields)


async def fail() -> CallToolResult:
    """Fail as tools do."""
    return CallToolResult(is_error=True, content=[TextContent(type="text", text="No schema x.")])


def _refusal(status: int, code: str, rule: str, detail: str, how_to_ask: str | None = None) -> JSONResponse:
    body = {"code": code, "rule": rule, "detail": detail, "how_to_ask": how_to_ask, "trace_id": "4bf92f35"}
    return JSONResponse(body, status)


def _catalogue(url: str, person: dict[str, Any]) -> dict[str, Any]:
    whole = {"person": person["sub"], "surface": "cli", "environment": "production"}
    if person["employment"] == "contractor":
        return {**whole, "servers": [], "why_empty": "No server is open to contractors of vendor-acme."}
    tools = [
        {"name": "find_tables", "description": "Find tables.\nMore.", "risk": "low", "data_class": "internal"},
        {"name": "run_query", "description": "Run \x1b[31mSQL [bold].", "risk": "cost", "data_class": "internal"},
    ]
    server = {
        "name": "presto",
        "title": "Presto",
        "summary": "Asks the warehouse.",
        "url": f"{url}/mcp/presto",
        "owner": "data-platform",
        "channels": ["#data-platform"],
        "status": "healthy",
        "checked_at": "2026-11-23T09:00:00+00:00",
        "tools": tools,
    }
    return {**whole, "servers": [server], "why_empty": None}
