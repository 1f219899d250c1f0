"""In which state an application is, as its log tells it."""

from typing import Literal

from servers.spark.digest import Digest, Job
from servers.spark.findings.catalogue import kind_of, threshold

Status = Literal["succeeded", "failed", "cancelled", "running", "died"]


def status_of(digest: Digest, *, silent_seconds: float) -> Status:
    """`silent_seconds`: how long nobody has written to its log."""
    if digest.ended is None:
        alive = digest.in_progress and silent_seconds < threshold("driver_died", "silent_seconds")
        return "running" if alive else "died"
    if (error := final_error(digest)) is not None:
        return "cancelled" if kind_of(error) == "cancelled" else "failed"
    return "failed" if digest.exit_code else "succeeded"


def final_error(digest: Digest) -> str | None:
    """Why its last job failed, or its last SQL execution; None where the last one went well."""
    last = last_ended(digest)
    if last is not None and last.error is not None:
        return last.error
    after = [e for e in digest.executions if e.ended and (last is None or e.ended >= (last.completed or 0))]
    return max(after, key=lambda execution: execution.ended or 0).error if after else None


def last_ended(digest: Digest) -> Job | None:
    """The job that ended last."""
    ended = [job for job in digest.jobs if job.completed is not None]
    return max(ended, key=lambda job: job.completed or 0, default=None)
