"""From failures to the first cause: what only followed from another failure is folded under it."""

import re

from servers.spark.digest import Digest, Executor, Failure
from servers.spark.findings.catalogue import kind_of
from servers.spark.findings.finding import Finding
from servers.spark.findings.status import Status, final_error, last_ended

ECHOES = ("Resubmitted", "TaskKilled", "TaskCommitDenied")
"""Ends of tasks that always follow from something else."""
NEAR = 30_000
"""Milliseconds within which a loss of an executor belongs to what its tasks said before."""
_ORDERLY = re.compile(
    r"idle|driver commanded|killed by driver|SparkContext stopped|scale.?down|shutdown", re.IGNORECASE
)
_STAGE = re.compile(r"stage (\d+)\.(\d+)")
_CAUSED_BY = re.compile(r"^Caused by: .*$", re.MULTILINE)


def first_causes(digest: Digest, status: Status) -> list[Finding]:
    """Distinct causes, the one that ended the application first; empty where nothing failed."""
    losses = [executor for executor in digest.executors if _lost(executor, digest)]
    if status in ("failed", "cancelled"):
        fatal = _fatal(digest)
        if fatal is None:
            return [_unexplained(digest)]
        return [_found(_behind(fatal, digest, losses), digest, losses, ended_it=True)]
    own = [failure for failure in digest.failures if failure.reason not in ECHOES]
    causes = {id(cause): cause for failure in own if (cause := _behind(failure, digest, losses))}
    found = [_found(cause, digest, losses, ended_it=False) for cause in causes.values()]
    return sorted(_one_a_kind(found), key=lambda finding: finding.at)


def text_of(failure: Failure) -> str:
    """What of a failure says its kind: not the whole trace, in which any word may stand."""
    caused = " ".join(_CAUSED_BY.findall(failure.trace))
    return f"{failure.reason} {failure.exception}: {failure.message} {caused}"


def _fatal(digest: Digest) -> Failure | None:
    """The failure that ended the last job."""
    error = final_error(digest) or ""
    kind = kind_of(error.partition("\n")[0])
    if kind in ("cancelled", "result_too_big"):  # said by the driver; failures around it follow from it
        return None
    stages = {f"stage:{id}.{attempt}" for id, attempt in _STAGE.findall(error.partition("\n")[0])}
    last = last_ended(digest)
    of_job = {stage.ref for stage in digest.stages if last and stage.id in last.stages and stage.failure}
    own = [failure for failure in digest.failures if failure.reason not in ECHOES]
    here = [failure for failure in own if not (stages or of_job) or set(failure.stages) & (stages | of_job)]
    said = [failure for failure in here if _stands_in(failure, error)]
    return max(said or here, key=lambda failure: failure.last, default=None)


def _stands_in(failure: Failure, error: str) -> bool:
    return any(word and word in error for word in (failure.exception, failure.message[:120]))


def _behind(failure: Failure, digest: Digest, losses: list[Executor]) -> Failure:
    """The failure that explains this one, as far back as the log tells."""
    if failure.reason == "FetchFailed":
        lost = next((e for e in losses if e.id == failure.from_executor and (e.removed or 0) <= failure.last), None)
        return _behind(_as_failure(lost, digest), digest, losses) if lost else failure
    if failure.reason == "ExecutorLostFailure":
        earlier = [
            other for other in digest.failures
            if other.reason == "ExceptionFailure" and set(other.executors) & set(failure.executors)
            and -1_000 <= failure.first - other.first <= NEAR and kind_of(text_of(other)) == "out_of_memory_heap"
        ]  # fmt: skip
        return earlier[0] if earlier else failure
    if kind_of(text_of(failure)) == "out_of_memory_heap":
        same = [f for f in digest.failures if f.reason == failure.reason and f.exception == failure.exception]
        return min(same, key=lambda other: other.first)
    return failure


def _as_failure(executor: Executor, digest: Digest) -> Failure:
    """The failure of tasks that a lost executor left behind, or one made of the loss itself."""
    known = [f for f in digest.failures if f.reason == "ExecutorLostFailure" and executor.id in f.executors]
    return known[0] if known else Failure(
        signature="", reason="ExecutorLostFailure", message=executor.reason, count=1, first=executor.removed or 0,
        last=executor.removed or 0, executors=[executor.id], stages=[], tasks=[],
    )  # fmt: skip


def _found(cause: Failure, digest: Digest, losses: list[Executor], *, ended_it: bool) -> Finding:
    kind = kind_of(text_of(cause))
    echoes = tuple(_echo(failure) for failure in digest.failures if _follows(failure, cause, kind))
    where = f" at {cause.frame}" if cause.frame else ""
    times = f", {cause.count} times" if cause.count > 1 else ""
    name = cause.exception or cause.reason
    lost = [f"executor:{executor.id}" for executor in losses if executor.id in cause.executors]
    evidence = [f"line:{cause.line}"] if cause.line else []
    evidence += [*cause.stages[:2], *(f"task:{task}" for task in cause.tasks[:3]), *lost[:3]]
    return Finding(
        id=kind,
        said=f"{name}: {cause.message}{where}{times}",
        evidence=tuple(evidence),
        lost=digest.duration if ended_it else _lost_time(cause, digest, kind),
        confidence="high" if kind not in ("unexplained", "executor_lost") else "medium",
        signature=cause.signature,
        echoes=echoes,
        at=cause.first,
    )


def _unexplained(digest: Digest) -> Finding:
    """What the driver itself said, where no task's failure stands behind it."""
    error, last = final_error(digest), last_ended(digest)
    kind = kind_of(error.partition("\n")[0]) if error else "unexplained"
    if error and kind == "unexplained":
        kind = kind_of(error)
    evidence = [f"job:{last.id}"] if last and last.error else []
    evidence += [stage.ref for stage in digest.stages if stage.failure][:2]
    evidence = evidence or [f"sql:{execution.id}" for execution in digest.executions if execution.error][-1:]
    said = (error or f"exit code {digest.exit_code}").partition("\n")[0][:500]
    at = (last.completed if last else None) or digest.until
    echoes = tuple(_echo(failure) for failure in digest.failures)
    return Finding(
        id=kind, said=said, evidence=tuple(evidence), lost=digest.duration, at=at, echoes=echoes,
        confidence="low" if kind in ("unexplained", "bad_code") else "high",
    )  # fmt: skip


def _follows(failure: Failure, cause: Failure, kind: str) -> bool:
    """Whether a failure is an echo of the cause: later, and of a kind that losses and cancellings leave behind."""
    if failure is cause or failure.first < cause.first - 1_000:
        return False
    return failure.reason in (*ECHOES, "FetchFailed", "ExecutorLostFailure") or kind_of(text_of(failure)) == kind


def _echo(failure: Failure) -> str:
    times = f" x{failure.count}" if failure.count > 1 else ""
    return f"{failure.exception or failure.reason}{times}"


def _lost_time(cause: Failure, digest: Digest, kind: str) -> int:
    """Time of attempts that were for nothing, spread over the cores that ran beside each other."""
    same = [f for f in digest.failures if f is cause or _follows(f, cause, kind)]
    again = sum(s.duration_sum for s in digest.stages if s.attempt > 0) if kind == "fetch_failure" else 0
    return (sum(failure.lost_time for failure in same) + again) // max(1, len(digest.executors))


def _lost(executor: Executor, digest: Digest) -> bool:
    """Whether it went before the end and not in good order."""
    if executor.removed is None or _ORDERLY.search(executor.reason):
        return False
    last = last_ended(digest)
    return digest.ended is None or last is None or executor.removed <= (last.completed or 0)


def _one_a_kind(found: list[Finding]) -> list[Finding]:
    """The earliest of each kind: later ones of the same kind are in `get_failures`."""
    kinds: dict[str, Finding] = {}
    for finding in sorted(found, key=lambda finding: finding.at):
        kinds.setdefault(finding.id, finding)
    return list(kinds.values())
