"""Airflow as one call sees it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from platform_core import Invalid, NotFound, Resolve, the_call
from servers.airflow.api import Api, at
from servers.airflow.earlier import Earlier
from servers.airflow.persons import Person
from servers.airflow.settings import AirflowSettings
from servers.airflow.shapes import DagDetails, Dags, Run, Runs, TaskInstances, Tasks

T = TypeVar("T")
STUCK = ("queued", "running")


@dataclass(frozen=True, kw_only=True)
class Session:
    """Airflow's API in the name of one person."""

    api: Api
    person: Person
    catalogue: "Catalogue"

    async def get(self, path: str, shape: type[T], **asked: Any) -> T:
        return await self.api.get(self.person, path, shape, **asked)

    async def dag(self, dag_id: str) -> DagDetails:
        self.must_see(dag_id)
        return await self.get(at("dags", dag_id, "details"), DagDetails)

    async def tasks(self, dag_id: str) -> Tasks:
        return await self.get(at("dags", dag_id, "tasks"), Tasks)

    async def run(self, dag_id: str, run_id: str) -> Run:
        self.must_see(dag_id)
        if not run_id:
            raise Invalid("Which run? list_runs gives their ids.")
        return await self.get(at("dags", dag_id, "dagRuns", run_id), Run)

    async def newest(self, dag_id: str, **asked: Any) -> list[Run]:
        """Runs of a DAG, newest first."""
        self.must_see(dag_id)
        found = await self.get(at("dags", dag_id, "dagRuns"), Runs, order_by="-run_after", **asked)
        return found.dag_runs

    async def instances(self, dag_id: str, run_id: str, **asked: Any) -> TaskInstances:
        return await self.get(at("dags", dag_id, "dagRuns", run_id, "taskInstances"), TaskInstances, **asked)

    def must_see(self, dag_id: str) -> None:
        """Return if the person may see the DAG; one that they may not see equals one that does not exist."""
        if not self.person.may_see(dag_id):
            raise NotFound(f"There is no DAG {dag_id} that you may see. find_dags shows those that there are.")


class Catalogue:
    """The list of DAGs, kept for a moment: every person's questions begin with it."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: dict[tuple[str, ...], tuple[float, Dags]] = {}

    async def page(self, session: Session, **asked: Any) -> tuple[Dags, float]:
        """A page of Airflow's list, and its age in seconds; kept for each view, since lists differ by it."""
        key = (session.person.view, *(f"{name}={value}" for name, value in sorted(asked.items())))
        now = self._clock()
        if (kept := self._kept.get(key)) and now - kept[0] < self._seconds:
            return kept[1], now - kept[0]
        self._kept = {one: held for one, held in self._kept.items() if now - held[0] < self._seconds}
        found = await session.get("dags", Dags, **asked)
        self._kept[key] = (now, found)
        return found, 0.0


@cache
def shared() -> tuple[AirflowSettings, Api, Catalogue]:
    """What all calls of this process have in common; nothing of it belongs to a person."""
    settings = AirflowSettings.load()
    api = Earlier(settings) if settings.api == "v1" else Api(settings)
    return settings, api, Catalogue(settings.catalogue_seconds)


async def connect() -> Session:
    settings, api, catalogue = shared()
    principal = the_call().principal
    person = Person(login=principal.subject, groups=principal.groups, settings=settings)
    return Session(api=api, person=person, catalogue=catalogue)


Airflow = Annotated[Session, Resolve(connect)]


def start_of(cursor: str) -> int:
    """The row at which a page begins."""
    if cursor and not (cursor.isdecimal() and len(cursor) < 9):
        raise Invalid("`cursor` is what the page before gave as next_cursor.")
    return int(cursor or 0)


class Together:
    """Requests that are under way at once."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[Any]] = []

    def create_task(self, asked: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(asked)
        self.tasks.append(task)
        return task


@asynccontextmanager
async def together() -> AsyncGenerator[Together]:
    """Several requests at once: all have ended when the block ends, and the first failure is raised as it is.

    A task group would wrap it, and would cancel the task that asks, which the caller's own scopes take for theirs.
    """
    asking = Together()
    try:
        yield asking
        await asyncio.gather(*asking.tasks, return_exceptions=True)
    finally:
        for task in asking.tasks:
            task.cancel()
    for task in asking.tasks:
        task.result()
