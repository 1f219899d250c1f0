"""What happened, in the order of time; tasks only where they failed first."""

from collections.abc import Iterator

from servers.spark.digest import Digest, Job, Stage
from servers.spark.findings.finding import span
from servers.spark.findings.slow import job_time
from servers.spark.views.shape import Row, View, after, first_line

Moment = tuple[int, str, str]


def timeline(digest: Digest) -> View:
    """One row for each moment."""
    moments = sorted(_moments(digest))
    rows: list[Row] = [[after(digest, at), who, what] for at, who, what in moments]
    return View(note=f"Timeline; some job ran for {span(job_time(digest))}", columns=("at", "who", "what"), rows=rows)


def _moments(digest: Digest) -> Iterator[Moment]:
    yield digest.started, "application", f"{digest.name} starts"
    if digest.ended:
        yield digest.ended, "application", f"ends after {span(digest.duration)}"
    for job in digest.jobs:
        yield from _of_job(job)
    for stage in digest.stages:
        yield from _of_stage(stage)
    for one in digest.executors:
        yield one.added, f"executor:{one.id}", f"comes on {one.host} with {one.cores} cores"
        if one.removed:
            yield one.removed, f"executor:{one.id}", f"goes: {one.reason}"
    for failure in digest.failures:
        said = f"first {failure.exception or failure.reason}: {failure.message} (x{failure.count})"
        yield failure.first, f"line:{failure.line}", said


def _of_job(job: Job) -> Iterator[Moment]:
    yield job.submitted, f"job:{job.id}", f"starts: {job.description}"
    if job.completed:
        yield job.completed, f"job:{job.id}", f"fails: {first_line(job.error)}" if job.error else "ends"


def _of_stage(stage: Stage) -> Iterator[Moment]:
    if stage.completed:
        lasted = span(stage.completed - (stage.submitted or stage.completed))
        said = f"fails after {lasted}: {first_line(stage.failure)}" if stage.failure else f"ends after {lasted}"
        yield stage.completed, stage.ref, f"{said} ({stage.ok} tasks)"
