"""The life of one query: queued, planned, running, finished or failed."""

import asyncio
import time
from enum import StrEnum
from threading import Lock

from deploy.local.coordinator.catalog.tables import Column
from deploy.local.coordinator.clock import Clock
from deploy.local.coordinator.engine import Connection
from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.pages import Pages
from deploy.local.coordinator.session import Session
from deploy.local.coordinator.sql.plan import Plan


class State(StrEnum):
    """Trino's names for where a query is."""

    QUEUED = "QUEUED"
    PLANNING = "PLANNING"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class Query:
    """One statement of one person. The worker moves it on; the client, the watch or an error may end it before."""

    def __init__(self, query_id: str, session: Session, text: str, loop: asyncio.AbstractEventLoop) -> None:
        self.id, self.session, self.text = query_id, session, text
        self.pages = Pages(loop)
        self.state = State.QUEUED
        self.error: TrinoError | None = None
        self.plan: Plan | None = None
        self.update_count: int | None = None
        self.rows = self.bytes = 0
        self.clock = Clock()
        self._moving = Lock()
        self._connection: Connection | None = None

    @property
    def ended(self) -> bool:
        """Nothing more will happen."""
        return self.state in (State.FINISHED, State.FAILED)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the result, as soon as they are known."""
        return self.plan.columns if self.plan else ()

    def attach(self, connection: Connection) -> None:
        """A worker begins to plan."""
        with self._moving:
            self._connection = connection
            if not self.ended:
                self.state = State.PLANNING
                self.clock.planning = time.monotonic()
        self.pages.stir()

    def run(self, plan: Plan) -> None:
        """The plan is known and its work begins."""
        with self._moving:
            self.plan = plan
            if not self.ended:
                self.state = State.RUNNING
                self.clock.running = time.monotonic()
        self.pages.stir()

    def deliver(self, page: bytes, rows: int) -> bool:
        """Rows for the client; False if it wants no more."""
        self.rows += rows
        self.bytes += len(page)
        return self.pages.put(page)

    def finish(self) -> None:
        """All rows are delivered or wait for the client."""
        self._end(State.FINISHED, None)

    def fail(self, error: TrinoError) -> None:
        """End with `error`, unless it has ended; what runs is interrupted."""
        if self._end(State.FAILED, error):
            self.pages.close()
            self.interrupt()

    def cancel(self) -> None:
        """The client wants no more."""
        self.fail(TrinoError(ErrorCode.USER_CANCELED, "Query was canceled"))

    def interrupt(self) -> None:
        """Stop the worker if it is still in DuckDB."""
        with self._moving:
            if self._connection is not None:
                self._connection.interrupt()

    def detach(self) -> None:
        """The worker lets go."""
        with self._moving:
            self._connection = None
            self.plan = self.plan and self.plan.over()

    @property
    def busy(self) -> bool:
        """A worker is at it, wanted or not."""
        return self._connection is not None

    def progress(self) -> float:
        """How much of the work is done, in percent."""
        with self._moving:
            if self.ended:
                return 100.0
            return self._connection.progress() if self._connection and self.state is State.RUNNING else 0.0

    def _end(self, state: State, error: TrinoError | None) -> bool:
        with self._moving:
            if self.ended:
                return False
            self.state, self.error = state, error
            self.clock.ended = time.monotonic()
        self.pages.stir()
        return True
