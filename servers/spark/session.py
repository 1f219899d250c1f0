"""Spark as one call sees it."""

from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any

import anyio
import anyio.to_process
import anyio.to_thread

from platform_core import NotFound, Resolve, Unavailable
from servers.spark.applications import Applications
from servers.spark.compare import job_name
from servers.spark.digest import Digest
from servers.spark.findings.diagnose import Diagnosis, diagnose
from servers.spark.findings.driver import explained, is_open
from servers.spark.findings.status import status_of
from servers.spark.incidents.sqlite import SqliteRootCauses
from servers.spark.incidents.store import RootCauses
from servers.spark.logs import extract
from servers.spark.logs.extract import Extract
from servers.spark.logs.places import DRIVER, STREAMS, Place, Stream, place
from servers.spark.settings import SparkSettings

TWINS_READ = 8
"""Earlier runs of the same job that are looked at for a good one."""


class Session:
    """What the tools ask, in their words."""

    def __init__(self, settings: SparkSettings, applications: Applications, causes: RootCauses) -> None:
        self.settings, self.applications, self.causes = settings, applications, causes
        self._workers = anyio.CapacityLimiter(settings.workers)

    async def digest(self, app_id: str, attempt: str = "") -> Digest:
        """The digest of an application."""
        return await self.applications.digest(await self.applications.find(app_id, attempt))

    async def diagnosis(self, app_id: str, attempt: str = "") -> tuple[Digest, Diagnosis]:
        """The digest and the judgement on it; the driver's log is asked where the event log has no answer."""
        found = await self.applications.find(app_id, attempt)
        digest = await self.applications.digest(found)
        diagnosis = diagnose(digest, silent_seconds=found.silent_seconds(digest.until))
        if not is_open(digest, diagnosis):
            return digest, diagnosis
        said: list[Extract] = []
        missing = ""
        for stream in STREAMS:
            try:
                said.append(await self.log(digest.app_id, DRIVER, stream, extract.summary))
            except (NotFound, Unavailable) as error:
                missing = missing or f"the driver's log: {error}"
        return digest, explained(digest, diagnosis, said) if said else diagnosis.without(missing)

    async def last_good(self, run: Digest) -> Digest:
        """The last run of the same job that succeeded before this one began."""
        everything = await self.applications.all()
        headers = await self.applications.headers(everything)
        alike = [
            (header.started, found)
            for header, found in zip(headers, everything, strict=True)
            if job_name(header.name) == job_name(run.name) and header.started < run.started
        ]
        newest = sorted(alike, key=lambda pair: -pair[0])[:TWINS_READ]
        for _, found in newest:
            digest = await self.applications.digest(found)
            if status_of(digest, silent_seconds=found.silent_seconds(digest.until)) == "succeeded":
                return digest
        raise NotFound(
            f"No good run of this job before it ({len(newest)} earlier runs of that name were looked at). "
            "Name a `baseline` to compare with another application."
        )

    async def log(
        self, app_id: str, executor: str, stream: Stream, read: Callable[..., Extract], *rest: Any
    ) -> Extract:
        """Read a log of a driver or executor in a worker process."""
        where: Place = place(self.settings.log_template, app_id, executor, stream)
        try:
            with anyio.fail_after(self.settings.most_seconds):
                work = partial(read, where, *rest)
                return await anyio.to_process.run_sync(work, cancellable=True, limiter=self._workers)
        except TimeoutError:
            raise Unavailable("Reading the log took longer than one call may; ask for its `tail`.") from None

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Do a short blocking step beside the event loop."""
        return await anyio.to_thread.run_sync(work)


@cache
def shared() -> tuple[SparkSettings, Applications, RootCauses]:
    """What all calls of this process have in common; nothing of it belongs to a person."""
    settings = SparkSettings.load()
    return settings, Applications(settings), _causes(settings)


def _causes(settings: SparkSettings) -> RootCauses:
    if settings.root_causes is None:
        return SqliteRootCauses(settings.state_folder / "root-causes.db")
    from servers.spark.incidents.postgres import PostgresRootCauses  # its driver is loaded where it is asked for

    return PostgresRootCauses(settings.root_causes.get_secret_value())


async def connect() -> Session:
    return Session(*await anyio.to_thread.run_sync(shared))


Spark = Annotated[Session, Resolve(connect)]
