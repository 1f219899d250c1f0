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
from servers.spark.findings.catalogue import kind_of
from servers.spark.findings.diagnose import Diagnosis, diagnose
from servers.spark.findings.finding import Finding
from servers.spark.findings.status import status_of
from servers.spark.incidents.sqlite import SqliteRootCauses
from servers.spark.incidents.store import RootCauses
from servers.spark.logs import extract
from servers.spark.logs.extract import Extract
from servers.spark.logs.places import DRIVER, Place, place
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
        diagnosis = diagnose(digest, silent_seconds=found.silent_seconds)
        if not _open_question(digest, diagnosis):
            return digest, diagnosis
        try:
            said = await self.log(digest.app_id, DRIVER, extract.summary)
        except (NotFound, Unavailable) as error:
            return digest, diagnosis.without(f"the driver's log: {error}")
        return digest, diagnosis.led_by(_from_driver(digest, said)) if said.first_error else diagnosis

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
            if status_of(digest, silent_seconds=found.silent_seconds) == "succeeded":
                return digest
        raise NotFound(
            f"No good run of this job before it ({len(newest)} earlier runs of that name were looked at). "
            "Name a `baseline` to compare with another application."
        )

    async def log(self, app_id: str, executor: str, read: Callable[..., Extract], *rest: Any) -> Extract:
        """Read a log of a driver or executor in a worker process."""
        where: Place = place(self.settings.log_template, app_id, executor)
        try:
            with anyio.fail_after(self.settings.most_seconds):
                work = partial(read, where, *rest)
                return await anyio.to_process.run_sync(work, cancellable=True, limiter=self._workers)
        except TimeoutError:
            raise Unavailable("Reading the log took longer than one call may; ask for its `tail`.") from None

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Do a short blocking step beside the event loop."""
        return await anyio.to_thread.run_sync(work)


def _open_question(digest: Digest, diagnosis: Diagnosis) -> bool:
    """Whether the event log leaves open why the application ended as it did."""
    verdict = diagnosis.verdict
    if verdict is None:
        return not digest.jobs and diagnosis.status != "running"
    return verdict.id in ("unexplained", "driver_died")


def _from_driver(digest: Digest, said: Extract) -> Finding:
    kind = kind_of(said.first_error)
    return Finding(
        id=kind if kind != "unexplained" else "bad_code", said=said.first_error.partition("\n")[0],
        evidence=(f"driver-log:{said.first_error_line}",), lost=digest.duration, confidence="medium",
        at=digest.until,
    )  # fmt: skip


@cache
def shared() -> tuple[SparkSettings, Applications, RootCauses]:
    """What all calls of this process have in common; nothing of it belongs to a person."""
    settings = SparkSettings.load()
    return settings, Applications(settings), SqliteRootCauses(settings.state_folder / "root-causes.db")


async def connect() -> Session:
    return Session(*await anyio.to_thread.run_sync(shared))


Spark = Annotated[Session, Resolve(connect)]
