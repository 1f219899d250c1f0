"""Rows that never change once written, parsed once and kept by their number."""

from collections.abc import Awaitable, Callable, Collection
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
ROOM = 5_000


class Memo(Generic[T]):
    """What `load` makes of rows, by row number. Only for rows that are added and never changed."""

    def __init__(self, load: Callable[[AsyncConnection, Collection[int]], Awaitable[dict[int, T]]]) -> None:
        self._load = load
        self._kept: dict[int, T] = {}

    async def get(self, connection: AsyncConnection, ids: Collection[int]) -> dict[int, T]:
        """The parsed rows of `ids`; only those never seen before are read."""
        found = {row: self._kept[row] for row in ids if row in self._kept}
        missing = [row for row in ids if row not in found]
        if missing:
            fresh = await self._load(connection, missing)
            if len(self._kept) + len(fresh) > ROOM:
                self._kept.clear()
            self._kept |= fresh
            found |= fresh
        return found
