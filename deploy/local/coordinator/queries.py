"""All queries: who runs, who waits, who is given up."""

import asyncio
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from secrets import token_hex

from deploy.local.coordinator.catalog.catalogs import Catalogs
from deploy.local.coordinator.catalog.tables import Row
from deploy.local.coordinator.engine import Engine
from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.exchange import Exchange
from deploy.local.coordinator.query import Query, State
from deploy.local.coordinator.session import Session
from deploy.local.coordinator.settings import CoordinatorSettings
from deploy.local.coordinator.sql.properties import limits
from deploy.local.coordinator.worker import work

_TICK_S = 0.1
_LIMITED = {
    "query_max_run_time": "Query exceeded maximum time limit of {:.2f}s",
    "query_max_execution_time": "Query exceeded the maximum execution time limit of {:.2f}s",
}
logger = logging.getLogger(__name__)


class Queries:
    """The queries of this process. Those that ended are kept as history, the oldest forgotten first."""

    def __init__(self, settings: CoordinatorSettings, engine: Engine) -> None:
        self._settings, self._engine = settings, engine
        self._catalogs = Catalogs(engine.tpch, self.history)
        self._workers = ThreadPoolExecutor(settings.running, thread_name_prefix="query")
        self._exchanges: dict[str, Exchange] = {}
        self._ids, self._here = count(), token_hex(3)[:5]

    def submit(self, session: Session, text: str) -> Exchange:
        """Take a statement; it runs when it is first asked for."""
        moment = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
        query = Query(f"{moment}_{next(self._ids):05}_{self._here}", session, text, asyncio.get_running_loop())
        self._exchanges[query.id] = Exchange(query, self._start)
        return self._exchanges[query.id]

    def find(self, query_id: str) -> Exchange | None:
        """The query of that id."""
        return self._exchanges.get(query_id)

    def _start(self, query: Query) -> None:
        done = self._workers.submit(work, query, self._engine, self._catalogs)
        done.add_done_callback(lambda future: _report(query, future))

    def history(self) -> list[Row]:
        """The rows of `system.runtime.queries`; what was never asked for has never been."""
        started = (e.query for e in list(self._exchanges.values()) if e.query.clock.dispatched is not None)
        return [_row(query) for query in started]

    async def watch(self) -> None:
        """End what nobody asks for and what takes too long, for ever."""
        while True:
            await asyncio.sleep(_TICK_S)
            for exchange in list(self._exchanges.values()):
                self._look_at(exchange)
            for query_id in list(self._forgotten()):
                del self._exchanges[query_id]

    def _look_at(self, exchange: Exchange) -> None:
        query = exchange.query
        if query.ended:
            if query.busy:  # an interrupt that comes between two statements is lost: send it again
                query.interrupt()
            if query.state is State.FAILED or self._is_left(query):
                query.pages.close()
                exchange.release(whole=self._is_left(query))
        elif query.clock.dispatched is not None:
            if self._is_left(query):
                query.fail(_abandoned(query))
            self._limit(query)

    def _is_left(self, query: Query) -> bool:
        return query.clock.silence() > self._settings.client_timeout_s

    def _limit(self, query: Query) -> None:
        for name, limit in limits(query.session.properties).items():
            since = query.clock.created if name == "query_max_run_time" else query.clock.planning
            if since is not None and time.monotonic() - since > limit:
                query.fail(TrinoError(ErrorCode.EXCEEDED_TIME_LIMIT, _LIMITED[name].format(limit)))

    def _forgotten(self) -> Iterator[str]:
        """Statements that were never asked for, and what history has no room for."""
        ended = [e for e in self._exchanges.values() if e.query.ended and not e.query.busy]
        yield from (exchange.query.id for exchange in ended[: max(0, len(ended) - self._settings.history)])
        for exchange in self._exchanges.values():
            if exchange.query.clock.dispatched is None and self._is_left(exchange.query):
                yield exchange.query.id

    async def close(self) -> None:
        """End all queries and wait for their workers."""
        for exchange in self._exchanges.values():
            exchange.query.fail(TrinoError(ErrorCode.GENERIC_INTERNAL_ERROR, "The server is shutting down"))
            exchange.query.pages.close()
        stopping = asyncio.create_task(asyncio.to_thread(self._workers.shutdown, cancel_futures=True))
        while not stopping.done():
            for exchange in self._exchanges.values():
                exchange.query.interrupt()
            await asyncio.wait([stopping], timeout=_TICK_S)
        self._engine.close()


def _report(query: Query, future: "Future[None]") -> None:
    """A worker that crashed tells its client no more than that; the log has the rest."""
    crash = None if future.cancelled() else future.exception()
    if crash is not None:
        logger.error("query %s crashed its worker", query.id, exc_info=crash)
        query.fail(TrinoError(ErrorCode.GENERIC_INTERNAL_ERROR, "The engine failed; its log says where"))


def _abandoned(query: Query) -> TrinoError:
    message = (
        f"Query {query.id} was abandoned by the client, as it may have exited or stopped checking for query results. "
        f"Query results have not been accessed since {query.clock.at(query.clock.heard)}"
    )
    return TrinoError(ErrorCode.ABANDONED_QUERY, message)


def _row(query: Query) -> Row:
    clock, error = query.clock, query.error
    return (
        query.id, query.state.value, query.session.user, query.session.source, query.text, ["global"],
        clock.millis(clock.created, clock.planning), 0, clock.millis(clock.planning, clock.running),
        clock.at(clock.created), clock.at(clock.planning), clock.at(clock.heard), clock.at(clock.ended),
        error.code.kind if error else None, error.code.name if error else None,
    )  # fmt: skip
