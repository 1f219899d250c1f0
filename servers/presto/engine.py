"""The statement protocol, one step at a time, as one person; the only module that knows the `trino` package."""

import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
import requests
from anyio import CapacityLimiter
from requests.adapters import HTTPAdapter
from trino.auth import BasicAuthentication
from trino.client import ClientSession, TrinoRequest, TrinoStatus
from trino.exceptions import TrinoConnectionError, TrinoQueryError

from platform_core.errors import Unavailable
from servers.presto.answers import Column
from servers.presto.asker import Asker
from servers.presto.settings import PrestoSettings

SOURCE = "seedbed-presto"
ATTEMPTS = 4
"""For one page: asking again for the same page gives the same page. The statement itself is sent once."""
PATIENCE = (5.0, 30.0)
"""Seconds to connect, and to wait for an answer; the engine holds a page for about one."""
GOODBYE = 10.0
"""Seconds for telling the engine that nobody waits any more."""

_PASSING = (429, 502, 503, 504)
_PLACE = re.compile(r"^line \d+:\d+: ")
_STATEMENT_PATH = re.compile(r"/v1/statement/[\w./-]+")
log = logging.getLogger(__name__)


class QueryFailed(Exception):
    """The engine's own word on a statement that it did not finish; the Java stack stays behind."""

    def __init__(self, error: TrinoQueryError, *, lines_above: int) -> None:
        super().__init__(error.message)
        self.message = _PLACE.sub("", error.message)
        self.name = error.error_name or ""
        self.kind = error.error_type or ""
        line, column = error.error_location or (0, 0)
        self.place = (line - lines_above, column) if line > lines_above else None
        """Line and column in the person's own text, from 1."""
        self.query_id = error.query_id


class Statement:
    """One statement at the engine. The address of its next page is a bearer capability and stays in here."""

    def __init__(self, engine: "Engine", request: TrinoRequest) -> None:
        self._engine, self._request = engine, request
        self._next: str | None = None
        self._lines_above = 0
        self.query_id = ""
        self.columns: tuple[Column, ...] = ()
        self.writes: str | None = None
        """What it changes in the engine's own words, e.g. `INSERT`; None for a statement that reads."""

    async def start(self, sql: str, *, above: str = "") -> list[list[Any]]:
        """Send the statement, once, and return the rows of the first page: mostly none.

        `above` goes on a line of its own before the text, and places in errors still mean the text.
        """
        self._lines_above = 1 if above else 0
        # Nothing runs before the first page is asked for, so what a lost answer leaves behind is forgotten there.
        response = await self._engine.send(self._request.post, f"{above}\n{sql}" if above else sql, leave=False)
        return self._take(response)

    async def more(self) -> list[list[Any]] | None:
        """The rows of the next page, or None after the last."""
        return None if self._next is None else self._take(await self._engine.fetch(self._request, self._next))

    async def cancel(self) -> None:
        """Tell the engine that nobody waits any more; nothing to do for a statement that has ended."""
        if self._next is None:
            return
        address, self._next = self._next, None
        try:
            await self._engine.dismiss(self._request, address)
        except Unavailable as error:
            log.warning("query %s may go on until the engine forgets it: %s", self.query_id, error)

    def _take(self, response: requests.Response) -> list[list[Any]]:
        self._next = None
        try:
            status: TrinoStatus = self._request.process(response)
        except TrinoQueryError as error:
            raise QueryFailed(error, lines_above=self._lines_above) from error
        except (AttributeError, KeyError, TypeError, ValueError, TrinoConnectionError) as error:
            raise Unavailable("What answers at the engine's address is not a coordinator: tell the owner.") from error
        self.query_id = status.id
        self._next = status.next_uri and self._engine.address(status.next_uri)
        self.writes = status.update_type or self.writes
        self.columns = self.columns or tuple(Column(name=c["name"], type=c["type"]) for c in status.columns or ())
        if not isinstance(status.rows, list):
            raise Unavailable("The engine hands rows to a storage instead of sending them: tell the owner.")
        return status.rows


class Engine:
    """One cluster. Blocking calls of the `trino` package run in threads of their own."""

    def __init__(self, settings: PrestoSettings) -> None:
        url = urlsplit(settings.engine_url)
        self._base, self._scheme, self._host = settings.engine_url, url.scheme, url.hostname or ""
        self._port = url.port or (443 if url.scheme == "https" else 80)
        self._auth = None
        if settings.engine_service_password:
            password = settings.engine_service_password.get_secret_value()
            self._auth = BasicAuthentication(settings.engine_service_user, password)
        self._connections = HTTPAdapter(pool_connections=1, pool_maxsize=settings.connections)
        self._threads = CapacityLimiter(settings.connections)
        # Cancelling must never queue behind the requests that it is there to end.
        self._goodbyes = CapacityLimiter(8)

    @asynccontextmanager
    async def statement(self, asker: Asker) -> AsyncGenerator[Statement]:
        """A statement that runs as `asker`. However the block is left, nothing goes on at the engine."""
        statement = Statement(self, self._request(asker))
        try:
            yield statement
        finally:
            with anyio.CancelScope(shield=True):
                await statement.cancel()

    async def fetch(self, request: TrinoRequest, address: str) -> requests.Response:
        """The page at `address`; a gap in the network or a busy coordinator is waited out."""
        for attempt in range(1, ATTEMPTS):
            try:
                return await self.send(request.get, address)
            except Unavailable as error:
                if error.retry_after is None:
                    raise
                await anyio.sleep(0.1 * 2**attempt)
        return await self.send(request.get, address)

    async def dismiss(self, request: TrinoRequest, address: str) -> None:
        """Cancel the statement whose next page is at `address`."""
        with anyio.move_on_after(GOODBYE):
            await self.send(request.delete, address, limiter=self._goodbyes)

    async def send(
        self,
        method: Callable[[str], requests.Response],
        argument: str,
        *,
        leave: bool = True,
        limiter: CapacityLimiter | None = None,
    ) -> requests.Response:
        """Call a blocking `method` in a thread. With `leave`, a caller who leaves does not wait for its answer."""
        try:
            response = await anyio.to_thread.run_sync(
                method, argument, abandon_on_cancel=leave, limiter=limiter or self._threads
            )
        except requests.Timeout as error:
            raise Unavailable("The engine did not answer in time; try again in a moment.", retry_after=5) from error
        except requests.RequestException as error:
            raise Unavailable("The engine can't be reached; try again in a moment.", retry_after=5) from error
        return _answered(response)

    def address(self, uri: str) -> str:
        """`uri`, which the engine wrote for whoever asked it, at the base that we were told to use."""
        parts = urlsplit(uri)
        if not _STATEMENT_PATH.fullmatch(parts.path):
            raise Unavailable("The engine named a page that is not of the statement protocol: tell the owner.")
        return f"{self._base}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def _request(self, asker: Asker) -> TrinoRequest:
        session = ClientSession(
            user=asker.person,
            source=SOURCE,
            client_tags=asker.tags,
            headers=asker.trace_headers,
            timezone="UTC",
        )
        return TrinoRequest(
            self._host,
            self._port,
            session,
            http_session=self._http(),
            http_scheme=self._scheme,
            auth=self._auth,
            max_attempts=1,
            request_timeout=PATIENCE,
        )

    def _http(self) -> requests.Session:
        """A session of its own for each statement, since it holds the person's name; the connections are shared."""
        http = requests.Session()
        http.trust_env = False
        http.max_redirects = 0
        http.mount(f"{self._scheme}://", self._connections)
        return http


def _answered(response: requests.Response) -> requests.Response:
    """`response`, unless its status says that no protocol answer is inside; its text may hold anything."""
    if response.ok and (response.content or response.status_code == requests.codes.no_content):
        return response
    if response.ok or response.status_code in _PASSING:
        raise Unavailable("The engine is busy or restarting; try again in a moment.", retry_after=5)
    if response.status_code in (401, 403):
        raise Unavailable("The engine refuses this server's own login: tell the owner of this server.")
    if response.status_code == 404:
        raise Unavailable("The engine has forgotten this query, as after a restart; run it again.")
    raise Unavailable(f"The engine answered with HTTP {response.status_code}: tell the owner of this server.")
