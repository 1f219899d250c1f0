"""Rung at every change of an approval, so that pages that are open look again."""

import asyncio
import contextlib


class Bell:
    """Whoever waits is woken, all at once; it says nothing of what has changed."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.closed = False

    @property
    def next(self) -> asyncio.Event:
        """The ring to come; taken before one looks, so that none is missed meanwhile."""
        return self._next

    def ring(self) -> None:
        """Wake everybody who waits."""
        self._next.set()
        if not self.closed:
            self._next = asyncio.Event()

    def close(self) -> None:
        """Let everybody go, so that the process can end."""
        self.closed = True
        self.ring()


async def heard(ring: asyncio.Event, *, seconds: float) -> None:
    """Return at the ring, or after a while without one."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ring.wait(), seconds)
