"""Small working programs around the proxy: a server that echoes, and what it takes to run one."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from tests.gateway.wire import PATIENCE, Json

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(claim: Callable[[], bool], what: str) -> None:
    """Return as soon as `claim` holds; fail when it does not within the one generous bound."""
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.005)


@contextlib.contextmanager
def serving(app: App, *, uds: Path | None = None, port: int = 0) -> Generator[None]:
    """Run `app` by uvicorn in a thread of its own, on a unix socket or a loopback port."""
    if uds is not None:
        uds.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    where: Json = {"uds": str(uds)} if uds else {"host": "127.0.0.1", "port": port}
    server = uvicorn.Server(uvicorn.Config(app, **where, lifespan="off", ws="none", log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, f"server on {where}")
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE)


async def answer(send: Send, body: Json, status: int = 200) -> None:
    raw = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


@dataclass
class Echo:
    """A server that answers what it saw; `requests` counts what reached it. It is ready while `ready` is."""

    name: str
    ready: bool = True
    requests: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)
    """Ends the streams that are open."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/health/ready":
            return await answer(send, {}, 200 if self.ready else 503)
        self.requests += 1
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        headers: dict[str, list[str]] = {}
        for key, value in scope["headers"]:
            headers.setdefault(key.decode(), []).append(value.decode())
        if "x-test-stream" in headers:
            return await self._stream(send)
        seen = {"echo": self.name, "path": scope["path"], "headers": headers, "bytes": len(body)}
        return await answer(send, seen, int(headers.get("x-test-status", ["200"])[0]))

    async def _stream(self, send: Send) -> None:
        """One event, then silence until the test lets go, then the last one."""
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: first\n\n", "more_body": True})
        await asyncio.to_thread(self.let_go.wait, PATIENCE)
        await send({"type": "http.response.body", "body": b"data: last\n\n"})
