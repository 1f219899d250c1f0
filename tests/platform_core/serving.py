"""A small ASGI program on a socket of its own, in a thread of its own."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import uvicorn

from platform_core.hosting import bind

PATIENCE = 60.0
"""Seconds after which a test stops waiting for an event and fails."""


class Deadline:
    """One generous bound for asking again; there is nothing to wait for but the answer itself."""

    def __init__(self) -> None:
        self._end = time.monotonic() + PATIENCE

    def check(self, otherwise: str) -> None:
        """Fail with `otherwise` when the time is over."""
        assert time.monotonic() < self._end, otherwise


class _Quiet(uvicorn.Server):
    """Leaves the signals to the test run."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextmanager
def serving(
    app: Any, where: Path | None = None, *, lifespan: Literal["on", "off"] = "off", http: Any = "httptools"
) -> Generator[str]:
    """Serve `app` on the unix socket `where`, or on a free port of the loopback; yields the base URL."""
    listener = bind(where) if where else socket.create_server(("127.0.0.1", 0))
    listener.listen()  # from here on a client may connect; it is answered when the program is up
    port = listener.getsockname()[1] if where is None else 0
    config = uvicorn.Config(
        app,
        http=http,
        loop="asyncio",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = _Quiet(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield "http://shop.test" if where else f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
