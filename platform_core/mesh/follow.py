"""An identity as it arrives: pushed by the agent of this machine, renewed long before it ends."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import grpc.aio

from platform_core.mesh.svid import BadSvid, Svid
from platform_core.mesh.wire import FETCH_SVIDS, HEADER, SERVICE, IssuedSvid, Unreadable, read_svids

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before it asks again: an agent knows a new workload some seconds after its server does."""

log = logging.getLogger(__name__)


class SvidFollower:
    """Keeps the SVID of one SPIFFE id, and its trust domain's bundle, as fresh as the agent pushes them.

    It waits for an agent that is not there yet, or does not know the workload yet. One that is gone leaves the last
    SVID in place until that ends.
    """

    def __init__(self, *, socket: Path, spiffe_id: str) -> None:
        self.spiffe_id, self._socket = spiffe_id, socket
        self._current: Svid | None = None
        self._listeners: list[Callable[[Svid], None]] = []
        self._ready = asyncio.Event()
        self._said: str | None = None

    @property
    def current(self) -> Svid | None:
        """The last SVID; None before the first. It may have ended: see `Svid.in_force`."""
        return self._current

    def on_change(self, listener: Callable[[Svid], None]) -> None:
        """Call `listener` with every SVID that arrives. If it raises `OSError`, the agent is asked again."""
        self._listeners.append(listener)

    async def wait_ready(self) -> None:
        """Return when there is an SVID."""
        await self._ready.wait()

    async def run(self) -> None:
        """Follow for ever: connect, take what is pushed, and after a break wait a little and connect again."""
        pause = FIRST_PAUSE
        while True:
            try:
                async for svids in self._pushed():
                    self._take(svids)
                    pause = FIRST_PAUSE
                self._complain("HUNG_UP", "the agent ended the stream")
            except grpc.aio.AioRpcError as error:
                self._complain(error.code().name, error.details() or "it says no more")
            except (Unreadable, BadSvid, OSError) as error:
                self._complain(type(error).__name__, str(error))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # spreads reconnects, guards nothing
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _pushed(self) -> AsyncIterator[tuple[IssuedSvid, ...]]:
        # A channel of its own each time: a shared one would wait up to two minutes before it connects again.
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(f"unix:{self._socket}", options=options) as channel:
            fetch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(f"/{SERVICE}/{FETCH_SVIDS}")
            async for message in fetch(b"", metadata=(HEADER,)):
                yield read_svids(message)

    def _take(self, svids: tuple[IssuedSvid, ...]) -> None:
        ours = [svid for svid in svids if svid.spiffe_id == self.spiffe_id]
        if not ours:
            return self._complain("OTHERS", "the agent gives this account other identities, not this one")
        self._current = Svid.parse(ours[0])
        for listener in self._listeners:
            listener(self._current)
        self._said = None
        self._ready.set()
        log.info("%s until %s", self.spiffe_id, self._current.chain[0].not_valid_after_utc)

    def _complain(self, kind: str, why: str) -> None:
        """Say once why there is nothing new, and again when the kind of reason changes."""
        if kind != self._said:
            kept = "the last identity stays" if self._current else "waiting"
            log.warning("%s: no SVID from %s, %s: %s: %s", self.spiffe_id, self._socket, kept, kind, why)
        self._said = kind
