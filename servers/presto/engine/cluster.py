"""The statement protocol of Trino and PrestoDB, one request at a time."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2

from platform_core.errors import Unavailable
from servers.presto.asker import Asker
from servers.presto.engine.connections import Connections
from servers.presto.engine.headers import headers, tls
from servers.presto.engine.page import Page
from servers.presto.engine.statement import Statement
from servers.presto.settings import PrestoSettings

ATTEMPTS = 4
"""For one page: asking again for the same page gives the same page. The statement itself is sent once."""
GOODBYE = 10.0
"""Seconds for telling the engine that nobody waits any more."""
LARGEST = 64 << 20
"""Bytes of one page; engines send about one megabyte, unless a single value is huge."""

_PASSING = (429, 502, 503, 504)
_STATEMENT_PATH = re.compile(r"/v1/statement/[\w./-]+")


class Forgotten(Unavailable):
    """The engine does not know this page any more, as after a restart or a long silence."""


class Cluster:
    """One engine, over connections that all calls of this process share."""

    def __init__(self, settings: PrestoSettings) -> None:
        self._settings, self._base = settings, settings.engine_url
        verify = tls(settings)
        self._connections = Connections(settings.connections, verify=verify)
        # Cancelling must never queue behind the requests that it is there to end.
        self._goodbyes = Connections(settings.connections, verify=verify)

    async def close(self) -> None:
        await self._connections.close()
        await self._goodbyes.close()

    @asynccontextmanager
    async def statement(self, asker: Asker) -> AsyncGenerator[Statement]:
        """A statement that runs as `asker`. However the block is left, nothing goes on at the engine, unless it was
        handed on with `keep`."""
        statement = Statement(self, asker)
        try:
            yield statement
        finally:
            with anyio.CancelScope(shield=True):
                await statement.cancel()

    @property
    def estimates_scans(self) -> bool:
        """Whether `EXPLAIN (TYPE IO)` has sizes; PrestoDB's has names alone."""
        return self._settings.engine_kind == "trino"

    async def rows(self, asker: Asker, sql: str, *, above: str = "") -> list[list[Any]]:
        """All rows of a small statement."""
        async with self.statement(asker) as statement:
            found = await statement.start(sql, above=above)
            while (page := await statement.more()) is not None:
                found += page
            return found

    async def start(self, asker: Asker, sql: str, *, lines_above: int = 0, seconds: float | None = None) -> Page:
        """Send a statement, once. Nothing runs before its first page is asked for: a lost answer leaves nothing."""
        body = await self._send("POST", f"{self._base}/v1/statement", asker, sql.encode(), seconds=seconds)
        return Page.read(body, lines_above=lines_above)

    async def fetch(self, asker: Asker, address: str, *, lines_above: int = 0) -> Page:
        """The page at `address`; a gap in the network or a busy coordinator is waited out."""
        for attempt in range(1, ATTEMPTS):
            try:
                return Page.read(await self._send("GET", self._here(address), asker), lines_above=lines_above)
            except Unavailable as error:
                if error.retry_after is None:
                    raise
                await anyio.sleep(0.1 * 2**attempt)
        return Page.read(await self._send("GET", self._here(address), asker), lines_above=lines_above)

    async def dismiss(self, asker: Asker, address: str) -> None:
        """Cancel the statement whose next page is at `address`."""
        with anyio.move_on_after(GOODBYE):
            await self._send("DELETE", self._here(address), asker, by=self._goodbyes)

    async def _send(
        self,
        method: str,
        url: str,
        asker: Asker,
        body: bytes | None = None,
        by: Connections | None = None,
        seconds: float | None = None,
    ) -> bytes:
        said = headers(self._settings, asker, seconds)
        try:
            async with (by or self._connections).request(method, url, said, body) as response:
                return await _answered(response)
        except httpx2.TimeoutException as error:
            raise Unavailable("The engine did not answer in time; try again in a moment.", retry_after=5) from error
        except httpx2.TransportError as error:
            raise Unavailable("The engine can't be reached; try again in a moment.", retry_after=5) from error

    def _here(self, uri: str) -> str:
        """`uri`, which the engine wrote for whoever asked it, at the base that we were told to use."""
        parts = urlsplit(uri)
        if not _STATEMENT_PATH.fullmatch(parts.path) or ".." in parts.path:
            raise Unavailable("The engine named a page that is not of the statement protocol: tell the owner.")
        return f"{self._base}{parts.path}" + (f"?{parts.query}" if parts.query else "")


async def _answered(response: httpx2.Response) -> bytes:
    """The body, unless the status says that no protocol answer is inside; its text may hold anything."""
    status = response.status_code
    body = await _body(response) if response.is_success else b""
    if body or status == 204:
        return body
    if response.is_success or status in _PASSING:
        raise Unavailable("The engine is busy or restarting; try again in a moment.", retry_after=5)
    if status in (401, 403):
        raise Unavailable("The engine refuses this server's own login: tell the owner of this server.")
    if status in (404, 410):
        raise Forgotten("The engine has forgotten this query, as after a restart; run it again.")
    raise Unavailable(f"The engine answered with HTTP {status}: tell the owner of this server.")


async def _body(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise Unavailable("One page of the result is larger than this server reads: select fewer columns.")
    return bytes(body)
