"""A follower at work, a server with a certificate, and waiting for what they do."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from platform_core.mesh.follow import SvidFollower

PATIENCE = 60.0


@asynccontextmanager
async def following(socket: Path, spiffe_id: str) -> AsyncGenerator[SvidFollower]:
    """Follow `spiffe_id` as long as the block goes on."""
    follower = SvidFollower(socket=socket, spiffe_id=spiffe_id)
    task = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def ready(follower: SvidFollower) -> None:
    await asyncio.wait_for(follower.wait_ready(), PATIENCE)


async def happens(claim: Callable[[], object], what: str) -> None:
    """Return as soon as `claim` holds; fail when it does not within the one generous bound."""
    await asyncio.to_thread(_eventually, claim, what)


def _eventually(claim: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.01)


@asynccontextmanager
async def answering(context: ssl.SSLContext) -> AsyncGenerator[str]:
    """A server on loopback that answers every request on a connection alike; yields its URL."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, OSError), contextlib.closing(writer):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
