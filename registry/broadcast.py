"""What changed, told to every follower at once and in order, inside this process."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from platform_core.policy.sign import SignedArtefact

ROOM = 256
"""Changes that may wait for one follower. One that lags further is cut off; it connects again and reads all anew."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A policy came into force, or (without one) its server was withdrawn; without a server: what is suspended."""

    environment: str
    server: str | None
    signed: SignedArtefact | None


class Ended(Exception):
    """Nothing more comes: the follower was too slow, or the registry is leaving."""


class Ear:
    """One follower's share of the changes."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Change | None] = asyncio.Queue(ROOM)

    def tell(self, change: Change) -> bool:
        """Hand a change over. Returns whether there was room."""
        if self._waiting.full():
            return False
        self._waiting.put_nowait(change)
        return True

    def end(self) -> None:
        """Drop what waits: a part of the changes is worth nothing to somebody who missed one."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def next(self) -> Change:
        """The next change, or raise `Ended`."""
        change = await self._waiting.get()
        if change is None:
            raise Ended
        return change


class Broadcast:
    """Publishing never waits for anybody."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()
        self.closed = False

    @property
    def followers(self) -> int:
        return len(self._ears)

    @contextmanager
    def follow(self) -> Generator[Ear]:
        """Hear every change from now on."""
        ear = Ear()
        self._ears.add(ear)
        if self.closed:
            ear.end()
        try:
            yield ear
        finally:
            self._ears.discard(ear)

    def publish(self, change: Change) -> None:
        """Tell everybody; those without room are cut off."""
        for ear in [ear for ear in self._ears if not ear.tell(change)]:
            self._ears.discard(ear)
            ear.end()

    def close(self) -> None:
        """Let every follower go, so that the process can end."""
        self.closed = True
        for ear in self._ears:
            ear.end()
