"""One statement at the engine, one step at a time. The address of its next page is a bearer capability."""

import logging
from typing import TYPE_CHECKING, Any

from platform_core.errors import DomainError
from servers.presto.answers import Column
from servers.presto.asker import Asker
from servers.presto.engine.page import Page, Progress, QueryFailed

if TYPE_CHECKING:
    from servers.presto.engine.cluster import Cluster

log = logging.getLogger(__name__)


class Statement:
    """What is known of it so far."""

    def __init__(self, cluster: "Cluster", asker: Asker, *, query_id: str = "", next: str | None = None) -> None:
        self._cluster, self._asker = cluster, asker
        self._lines_above = 0
        self.query_id, self.next = query_id, next
        """`next` is where the next page is; None after the last."""
        self.at: str | None = None
        """The page that was read last: it may be read again, an older one may not."""
        self.columns: tuple[Column, ...] = ()
        self.writes: str | None = None
        self.changed: int | None = None
        self.progress = Progress()

    async def start(self, sql: str, *, above: str = "", seconds: float | None = None) -> list[list[Any]]:
        """Send the statement and return the rows of the first page: mostly none.

        `above` goes on a line of its own before the text, and places in errors still mean the text. `seconds`: the
        engine itself ends it then.
        """
        self._lines_above = 1 if above else 0
        text = f"{above}\n{sql}" if above else sql
        return self._take(await self._cluster.start(self._asker, text, lines_above=self._lines_above, seconds=seconds))

    async def more(self) -> list[list[Any]] | None:
        """The rows of the next page, or None after the last."""
        if self.next is None:
            return None
        try:
            page = await self._cluster.fetch(self._asker, self.next, lines_above=self._lines_above)
        except QueryFailed:
            self.next = None
            raise
        self.at = self.next
        return self._take(page)

    def keep(self) -> None:
        """Leave it running at the engine: somebody else has its address now."""
        self.next = None

    async def cancel(self) -> None:
        """Tell the engine that nobody waits any more; nothing to do for a statement that has ended."""
        address, self.next = self.next, None
        if address is None:
            return
        try:
            await self._cluster.dismiss(self._asker, address)
        except DomainError as error:
            log.warning("query %s may go on until the engine forgets it: %s", self.query_id, error)

    def _take(self, page: Page) -> list[list[Any]]:
        self.query_id, self.next = page.query_id, page.next
        self.columns = self.columns or page.columns
        self.writes = page.writes or self.writes
        self.changed = page.changed if page.changed is not None else self.changed
        self.progress = page.progress
        return page.rows
