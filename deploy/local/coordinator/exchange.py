"""The client's side of a query: one page after the other, each by its own address."""

import asyncio
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes
from typing import Self

from deploy.local.coordinator.query import Query, State

_POLL_S = 1.0


@dataclass(frozen=True)
class Step:
    """Where the client is: waiting in the queue or fetching results, and how far."""

    phase: str
    token: int

    @classmethod
    def of(cls, phase: str, token: str) -> Self:
        """The step in an address; one that can't be is none that was given."""
        return cls(phase, int(token) if token.isdecimal() and len(token) < 10 else -1)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer: rows if there are some, and where to ask next if there is more."""

    data: bytes | None = None
    next: Step | None = None
    columns: bool = False


class Exchange:
    """Hands out pages in order. The last page may be asked for again, an older one is gone."""

    def __init__(self, query: Query, start: Callable[[Query], None]) -> None:
        self.query = query
        self._start = start
        self._secret = token_bytes(16)
        self._turn = asyncio.Lock()
        self._expected: Step | None = Step("queued", 1)
        self._last: tuple[Step, Page] | None = None

    def first(self) -> Page:
        """The answer to the statement itself."""
        return Page(next=self._expected)

    def slug(self, step: Step) -> str:
        """What makes an address unguessable; another one for every page."""
        told = f"{self.query.id}/{step.phase}/{step.token}".encode()
        return "y" + hmac.new(self._secret, told, "sha256").hexdigest()[:40]

    def knows(self, step: Step, slug: str) -> bool:
        """The address is the next one or the last one, and its slug is right."""
        places = {self._expected, self._last[0] if self._last else None}
        return hmac.compare_digest(slug.encode(), self.slug(step).encode()) and step in places

    async def page(self, step: Step, slug: str) -> Page | None:
        """The page at that address, or None if there is none."""
        async with self._turn:
            if not self.knows(step, slug):
                return None
            with self.query.clock.awaited():
                if self._last is None or self._last[0] != step:
                    made = await self._made(step)
                    self._last, self._expected = (step, made), made.next
                return self._last[1]

    def release(self, *, whole: bool) -> None:
        """Let go of rows that nobody will ask for: those of a failed query, or with `whole` the addresses as well."""
        if whole:
            self._last = self._expected = None
        elif self._last is not None and self._last[1].data is not None:
            self._last = None

    async def _made(self, step: Step) -> Page:
        return await (self._queued(step) if step.phase == "queued" else self._executing(step))

    async def _queued(self, step: Step) -> Page:
        if self.query.clock.dispatched is None and not self.query.ended:
            self.query.clock.dispatched = time.monotonic()
            self._start(self.query)
        until = time.monotonic() + _POLL_S
        while self.query.state is State.QUEUED and (left := until - time.monotonic()) > 0:
            await self.query.pages.news(left)
        if self.query.state is State.FAILED:
            return Page()
        waits = self.query.state is State.QUEUED
        return Page(next=Step("queued", step.token + 1) if waits else Step("executing", 0))

    async def _executing(self, step: Step) -> Page:
        until, after = time.monotonic() + _POLL_S, Step("executing", step.token + 1)
        while True:
            ended = self.query.ended  # looked at before the pages: what ends last adds no page
            if (data := self.query.pages.take()) is not None:
                return Page(data=data, next=after, columns=True)
            if ended:
                return Page(columns=self.query.state is State.FINISHED)
            if (left := until - time.monotonic()) <= 0:
                return Page(next=after, columns=True)
            await self.query.pages.news(left)
