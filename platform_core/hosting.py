"""An ASGI application on a unix socket that only the proxy's account can reach, and that leaves politely."""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from platform_core.errors import WiringError

SOCKET_PATH_LIMIT = 107
"""Bytes that the kernel takes for the path of a unix socket."""
BACKLOG = 2_048
"""Connections that may wait to be taken."""
IDLE_SECONDS = 3_660
"""Life of a kept connection, longer than the proxy's hour: who closes first must not be who answers, or a call that is
already on its way is lost."""

log = logging.getLogger(__name__)


class PeerChecked(HttpToolsProtocol):
    """Hangs up on any account but the allowed ones before a byte of the request is parsed (SO_PEERCRED)."""

    peers: frozenset[int] = frozenset()
    """Account numbers that may connect; set once, before serving."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        raw = transport.get_extra_info("socket")
        _pid, account, _group = struct.unpack("iII", raw.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if account not in self.peers:
            log.error("account %d reached for the socket and was cut off", account)
            transport.abort()


class Polite(uvicorn.Server):
    """On SIGTERM: health says no first, the proxy has `drain` seconds to look, then what runs may finish."""

    def __init__(self, config: uvicorn.Config, *, drain: float, leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain, self._leaving = drain, leaving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            return super().handle_exit(sig, frame)
        # A signal comes between any two steps, also while the loop sorts its timers: to add one then breaks the loop.
        asyncio.get_running_loop().call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self._leaving()
        asyncio.get_running_loop().call_later(self._drain, lambda: setattr(self, "should_exit", True))


def bind(path: Path) -> socket.socket:
    """Listen at `path` (0660, folder 0750), replacing a dead one.

    Raises `WiringError` where the path is too long for the kernel or a living server already listens there.
    """
    if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
        raise WiringError(f"the socket path is longer than {SOCKET_PATH_LIMIT} bytes; choose a shorter folder: {path}")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    if path.exists():
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                raise WiringError(f"another process already listens at {path}")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o117)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(BACKLOG)  # from here on a second process sees that the place is taken
    return listener


async def serve(
    app: Any, listener: socket.socket, *, peers: frozenset[int], drain: float, leaving: Callable[[], None]
) -> None:
    """Serve `app` at `listener` until SIGTERM or SIGINT. `peers` are the accounts that may connect."""
    protocol = type("Protocol", (PeerChecked,), {"peers": peers})
    config = uvicorn.Config(
        app, http=protocol, lifespan="on", access_log=False, log_config=None, timeout_graceful_shutdown=30,
        timeout_keep_alive=IDLE_SECONDS, server_header=False, date_header=False, proxy_headers=False,
    )  # fmt: skip
    server = Polite(config, drain=drain, leaving=leaving)
    with listener:
        await server.serve(sockets=[listener])
    if not server.started:
        raise SystemExit(3)
