"""A program in the place of a server that was reviewed, which lists something else than was promised."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer

from tests.e2e.waiting import awaited


@contextmanager
def in_the_place_of(socket: Path, program: MCPServer) -> Generator[None]:
    """Let `program` answer on a server's own socket."""
    program.streamable_http_app(stateless_http=True)

    async def answers(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/health"):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
        else:
            await program.session_manager.asgi_app(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(answers, uds=str(socket), lifespan="off", log_level="error"))

    async def serve() -> None:
        async with program.session_manager.run():
            await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    awaited(lambda: server.started, "the impostor listens")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
