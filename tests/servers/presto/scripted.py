"""A coordinator that says what a test tells it to say, by the real protocol over a real socket."""

import json
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import anyio

STATS = {"state": "RUNNING", "queued": False, "elapsedTimeMillis": 1}
BOUND = 20.0
"""Seconds that a test waits for something before it gives up."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message
    body: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What to answer once: fields of a page, or any bytes; or nothing, by hanging up."""

    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    hang_up: bool = False
    after: threading.Event | None = None
    """Answer only when this has happened."""


class Coordinator:
    """Answers each POST and GET with the next reply of its script; each page but the last names a next one."""

    def __init__(self, url: str, script: Sequence[Reply]) -> None:
        self.url, self._script = url, list(script)
        self._turn = threading.Condition()
        self._told: dict[str, tuple[Reply, dict[str, Any]]] = {}
        self.seen: list[Seen] = []

    def methods(self) -> list[str]:
        return [request.method for request in self.seen]

    async def has_seen(self, method: str, times: int = 1) -> None:
        """Wait until so many requests of this method have arrived."""

        def wait() -> bool:
            with self._turn:
                return self._turn.wait_for(lambda: self.methods().count(method) >= times, BOUND)

        assert await anyio.to_thread.run_sync(wait), f"no {method} within {BOUND} s"

    def remember(self, request: Seen) -> None:
        with self._turn:
            self.seen.append(request)
            self._turn.notify_all()

    def next_reply(self, request: Seen) -> tuple[Reply, dict[str, Any]]:
        self.remember(request)
        with self._turn:
            if request.method == "GET" and request.path in self._told:
                return self._told[request.path]  # a page may be asked for again
            reply = self._script.pop(0)
            page = {"id": "q1", "infoUri": f"{self.url}/ui", "stats": STATS}
            if self._script:
                page["nextUri"] = f"{self.url}/v1/statement/executing/q1/slug/{len(self.seen)}"
            told = reply, {**page, **reply.fields}
            if reply.status == 200 and not reply.hang_up:
                self._told[request.path] = told
            return told


class _Handler(BaseHTTPRequestHandler):
    coordinator: ClassVar[Coordinator]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._reply()

    def do_GET(self) -> None:
        self._reply()

    def do_DELETE(self) -> None:
        self.coordinator.remember(self._request())
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _request(self) -> Seen:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        return Seen(method=self.command, path=self.path, headers=self.headers, body=body)

    def _reply(self) -> None:
        reply, page = self.coordinator.next_reply(self._request())
        if reply.after is not None:
            reply.after.wait(BOUND)
        if reply.hang_up:
            self.close_connection = True
            return
        body = json.dumps(page).encode() if reply.raw is None else reply.raw
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked has left meanwhile
            self.wfile.write(body)


@contextmanager
def coordinator(*script: Reply) -> Generator[Coordinator]:
    """Run a coordinator that follows `script`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {})) as server:
        served = Coordinator(f"http://127.0.0.1:{server.server_port}", script)
        server.RequestHandlerClass.coordinator = served  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join(BOUND)
