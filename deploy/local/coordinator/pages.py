"""Rows as pages of JSON, and the short queue in which pages wait for the client."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterator
from threading import Condition

from deploy.local.coordinator.catalog.wire import rows_encoder
from deploy.local.coordinator.sql.plan import Plan

PAGE_BYTES = 1_000_000
_PATIENCE_S = 0.5
_ROOM = 2


def paged(plan: Plan) -> Iterator[tuple[bytes, int]]:
    """Run `plan` and give its rows as JSON arrays of about a megabyte, with their number; slow rows come sooner."""
    encode = rows_encoder([column.type for column in plan.columns])
    texts, rows, size, began = list[bytes](), 0, 0, time.monotonic()
    for batch in plan.rows():
        text = json.dumps(encode(batch), ensure_ascii=False, separators=(",", ":"))[1:-1].encode()
        texts, rows, size = [*texts, text], rows + len(batch), size + len(text)
        if size >= PAGE_BYTES or time.monotonic() - began > _PATIENCE_S:
            yield b"[" + b",".join(texts) + b"]", rows
            texts, rows, size, began = list[bytes](), 0, 0, time.monotonic()
    if rows:
        yield b"[" + b",".join(texts) + b"]", rows


class Pages:
    """Filled by a worker's thread, emptied by the event loop. A full queue makes the worker wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting = deque[bytes]()
        self._room = Condition()
        self._arrived = asyncio.Event()
        self._closed = False

    def put(self, page: bytes) -> bool:
        """Add a page as soon as there is room; False if nobody wants pages any more."""
        with self._room:
            self._room.wait_for(lambda: self._closed or len(self._waiting) < _ROOM)
            if not self._closed:
                self._waiting.append(page)
        self.stir()
        return not self._closed

    def close(self) -> None:
        """Throw away what waits, and take no more."""
        with self._room:
            self._closed = True
            self._waiting.clear()
            self._room.notify_all()
        self.stir()

    def stir(self) -> None:
        """Let whoever waits for news look again; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived.set)

    def take(self) -> bytes | None:
        """The next page, if one waits."""
        with self._room:
            page = self._waiting.popleft() if self._waiting else None
            self._room.notify_all()
        return page

    async def news(self, wait_s: float) -> None:
        """Wait until something has happened since the last call, or time is up."""
        try:
            await asyncio.wait_for(self._arrived.wait(), wait_s)
        except TimeoutError:
            return
        self._arrived.clear()
