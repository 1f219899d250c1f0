"""A small HTTP server of a test's own, for as long as a block runs."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class Quiet(BaseHTTPRequestHandler):
    """Writes nothing to the terminal."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Small(ThreadingHTTPServer):
    """On a free port of this machine alone."""

    daemon_threads = True

    def __init__(self, handler: type[Quiet]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


S = TypeVar("S", bound=Small)


@contextmanager
def serving(server: S) -> Generator[S]:
    """It answers until the block ends."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
