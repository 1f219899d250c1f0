"""Connections to the engine, in small pools.

A pool of httpx2 looks at every connection that it has for every request that it sends: in one large pool a hundred long
queries, each with a request under way, would make every short one dearer.
"""

import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from ssl import SSLContext

import httpx2

EACH = 8
"""Connections of one pool."""
PATIENCE = httpx2.Timeout(30.0, connect=5.0)
"""The engine holds a page for about a second."""


class Connections:
    """Each request goes by the first pool that has room: connections are kept for few requests as well as for many."""

    def __init__(self, most: int, *, verify: SSLContext | bool) -> None:
        self._verify, self._most = verify, math.ceil(most / EACH)
        self._pools: list[httpx2.AsyncClient] = []
        self._under_way: list[int] = []

    @asynccontextmanager
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> AsyncGenerator[httpx2.Response]:
        """Send it and give its answer, to be read within the block; it waits for a place where there is none."""
        number = self._one_with_room()
        self._under_way[number] += 1
        try:
            async with self._pools[number].stream(method, url, content=body, headers=headers) as response:
                yield response
        finally:
            self._under_way[number] -= 1

    async def close(self) -> None:
        for pool in self._pools:
            await pool.aclose()

    def _one_with_room(self) -> int:
        """The number of a pool, made here if it is the first time that so many are needed."""
        number = next((number for number, busy in enumerate(self._under_way) if busy < EACH), len(self._pools))
        if number == self._most:
            return self._under_way.index(min(self._under_way))
        if number == len(self._pools):
            limits = httpx2.Limits(max_connections=EACH, max_keepalive_connections=EACH)
            self._pools.append(
                httpx2.AsyncClient(verify=self._verify, trust_env=False, limits=limits, timeout=PATIENCE)
            )
            self._under_way.append(0)
        return number
