"""A digest out of the REST API's own tables, for a live driver, which hands out no event log."""

import re
from collections.abc import Iterator, Sequence

from platform_core.telemetry.redaction import redact
from servers.spark.digest import Digest, Execution, Executor, Failure, Job, Node, Stage, Task
from servers.spark.eventlog.events import EndReason
from servers.spark.eventlog.signature import cause_of
from servers.spark.histogram import Spread
from servers.spark.sources import tables
from servers.spark.sources.attempts import Attempt
from servers.spark.sources.rest import MOST_PAGES, PAGE, Rest, path_of
from servers.spark.sources.tables import milliseconds

MOST_TASKS = 100
"""Failed or running ones of a stage that are looked at."""
MOST_STAGES = 20
"""Stages whose failed or running tasks are looked at."""
QUANTILES = "0,0.25,0.5,0.75,0.95,1"
NOTE = "read by the REST API: lines of the event log and what Spark no longer retains are not known"
_AMOUNT = re.compile(r"([\d.,]+)\s*(B|KiB|MiB|GiB|TiB|ms|s|m|h)?\b")
_SIZES = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_UNITS = _SIZES | {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_REASONS = ("ExecutorLostFailure", "FetchFailed", "TaskKilled", "Resubmitted", "TaskCommitDenied")


def live_digest(rest: Rest, attempt: Attempt) -> Digest:
    """Ask for every table once and put the same digest together that a log would give."""
    base = path_of(attempt)
    own = rest.attempt(attempt)
    environment = rest.get(f"{base}/environment", tables.Environment)
    raw = rest.get(f"{base}/stages", list[tables.Stage], withSummaries="true", quantiles=QUANTILES)
    stages = sorted((_stage(rest, base, one) for one in raw), key=lambda stage: (stage.id, stage.attempt))
    failed = [one for one in raw if one.num_failed_tasks][:MOST_STAGES]
    jobs = [_job(one, stages) for one in reversed(rest.get(f"{base}/jobs", list[tables.Job]))]
    executors = rest.get(f"{base}/allexecutors", list[tables.Executor])
    executions = [_execution(one) for one in rest.pages(f"{base}/sql", tables.Execution, details="true")]
    return Digest(
        app_id=attempt.app_id,
        name=attempt.header.name if attempt.header else "",
        user=own.spark_user,
        attempt=attempt.attempt,
        spark=own.app_spark_version,
        started=milliseconds(own.start_time) or 0,
        ended=milliseconds(own.end_time) if own.completed else None,
        last_event=max((stage.completed or stage.submitted or 0 for stage in stages), default=0),
        properties={key: redact(value) for key, value in environment.spark_properties},
        java=environment.runtime.java_version,
        jobs=jobs,
        stages=stages,
        executors=[_executor(one) for one in executors if one.id != "driver"],
        executions=executions,
        failures=_collapsed(failure for one in failed for failure in _failures(rest, base, one)),
        in_progress=attempt.in_progress,
        source="REST API",
        notes=[NOTE, *_left_out(raw, executions)],
    )


def _left_out(stages: Sequence[tables.Stage], executions: Sequence[Execution]) -> Iterator[str]:
    """What was not asked for, because there is too much of it."""
    if len(executions) == MOST_PAGES * PAGE:
        yield f"SQL executions beyond the first {len(executions)} were not asked for"
    if any(one.num_failed_tasks > MOST_TASKS for one in stages):
        yield f"of a stage's failed tasks the first {MOST_TASKS} were asked for"
    if sum(one.num_failed_tasks > 0 for one in stages) > MOST_STAGES:
        yield f"failed tasks of the first {MOST_STAGES} stages that had any were asked for"


def _stage(rest: Rest, base: str, one: tables.Stage) -> Stage:
    spreads = one.task_metrics_distributions or tables.Quantiles()
    reads, inputs = spreads.shuffle_read_metrics.read_bytes, spreads.input_metrics.bytes_read
    submitted, completed = milliseconds(one.submission_time), milliseconds(one.completion_time)
    runs = submitted is not None and completed is None
    return Stage(
        id=one.stage_id, attempt=one.attempt_id, name=one.name[:300], tasks=one.num_tasks, submitted=submitted,
        completed=completed, failure=one.failure_reason, ok=one.num_complete_tasks, failed=one.num_failed_tasks,
        killed=one.num_killed_tasks, ended=one.num_complete_tasks + one.num_failed_tasks + one.num_killed_tasks,
        duration_sum=one.executor_run_time, run=one.executor_run_time, cpu=one.executor_cpu_time, gc=one.jvm_gc_time,
        memory_spilled=one.memory_bytes_spilled, disk_spilled=one.disk_bytes_spilled, result=one.result_size,
        peak_memory=one.peak_execution_memory, shuffle_read=one.shuffle_read_bytes,
        shuffle_records=one.shuffle_read_records, shuffle_written=one.shuffle_write_bytes,
        fetch_wait=one.shuffle_fetch_wait_time, input=one.input_bytes, input_records=one.input_records,
        output=one.output_bytes, output_records=one.output_records, durations=_spread(spreads.duration),
        sizes=_spread([a + b for a, b in zip(reads, inputs, strict=False)]),
        running=[_task(task) for task in _tasks(rest, base, one, "running")] if runs else [],
    )  # fmt: skip


def _spread(quantiles: Sequence[float]) -> Spread:
    if len(quantiles) != len(QUANTILES.split(",")):
        return Spread()
    least, q25, median, q75, q95, most = map(round, quantiles)
    return Spread(least=least, q25=q25, median=median, q75=q75, q95=q95, most=most)


def _tasks(rest: Rest, base: str, stage: tables.Stage, status: str) -> list[tables.Task]:
    path = f"{base}/stages/{stage.stage_id}/{stage.attempt_id}/taskList"
    return rest.get(path, list[tables.Task], status=status, offset=0, length=MOST_TASKS)


def _task(one: tables.Task) -> Task:
    return Task(
        id=one.task_id, index=one.index, executor=one.executor_id, host=one.host, duration=one.duration,
        launched=milliseconds(one.launch_time) or 0, speculative=one.speculative,
    )  # fmt: skip


def _job(one: tables.Job, stages: Sequence[Stage]) -> Job:
    """The API has no error of a job: that of its failed stage stands for it."""
    own = [stage.failure for stage in stages if stage.id in one.stage_ids and stage.failure]
    error = (own[-1] if own else "failed") if one.status == "FAILED" else None
    return Job(
        id=one.job_id, submitted=milliseconds(one.submission_time) or 0, completed=milliseconds(one.completion_time),
        stages=one.stage_ids, error=error, description=redact(one.description or one.name),
    )  # fmt: skip


def _executor(one: tables.Executor) -> Executor:
    peaks = one.peak_memory_metrics or {}
    return Executor(
        id=one.id, host=one.host_port.rpartition(":")[0], cores=one.total_cores, added=milliseconds(one.add_time) or 0,
        removed=milliseconds(one.remove_time), reason=one.remove_reason, tasks=one.total_tasks,
        failed=one.failed_tasks, busy=one.total_duration, logs=one.executor_logs,
        heap_peak=peaks.get("JVMHeapMemory", 0), rss_peak=peaks.get("ProcessTreeJVMRSSMemory", 0),
        python_peak=peaks.get("ProcessTreePythonRSSMemory", 0),
    )  # fmt: skip


def _execution(one: tables.Execution) -> Execution:
    started = milliseconds(one.submission_time) or 0
    return Execution(
        id=one.id, started=started, ended=None if one.status == "RUNNING" else started + one.duration,
        description=redact(one.description[:500]), error="failed" if one.status == "FAILED" else None,
        plan=list(_tree(one)),
    )  # fmt: skip


def _tree(one: tables.Execution) -> Iterator[Node]:
    """The plan from its root down; an edge leads from an operator to the one that it feeds."""
    by_id = {node.node_id: node for node in one.nodes}
    feeders: dict[int, list[int]] = {}
    for edge in one.edges:
        feeders.setdefault(edge.to_id, []).append(edge.from_id)
    feeding = {edge.from_id for edge in one.edges}
    waiting = [(id, 0) for id in by_id if id not in feeding]
    while waiting:
        id, depth = waiting.pop()
        metrics = {m.name: value for m in by_id[id].metrics if (value := amount(m.value)) is not None}
        yield Node(name=by_id[id].node_name, text="", depth=depth, metrics=metrics)
        waiting += [(feeder, depth + 1) for feeder in sorted(feeders.pop(id, []), reverse=True) if feeder in by_id]


def amount(shown: str) -> int | None:
    """`528.0 MiB (...)`, `15.2 s` or `6,000,000` as a number: metrics come as a page shows them."""
    found = _AMOUNT.search(shown.rpartition("\n")[2])
    return round(float(found[1].replace(",", "")) * _UNITS[found[2] or ""]) if found else None


def _failures(rest: Rest, base: str, stage: tables.Stage) -> Iterator[Failure]:
    for task in _tasks(rest, base, stage, "failed"):
        text = task.error_message or ""
        head = text.partition("\n")[0]
        reason = next((known for known in _REASONS if text.startswith(known)), "ExceptionFailure")
        exception = head.partition(":")[0] if reason == "ExceptionFailure" else None
        said = head.partition(": ")[2] or head
        cause = cause_of(EndReason(reason=reason, exception=exception, trace=text, description=said))
        at = (milliseconds(task.launch_time) or 0) + task.duration
        yield Failure(
            signature=cause.signature(reason), reason=reason, exception=cause.exception, frame=cause.frame,
            message=cause.message, trace=cause.trace, count=1, first=at, last=at, lost_time=task.duration,
            stages=[f"stage:{stage.stage_id}.{stage.attempt_id}"], executors=[task.executor_id], tasks=[task.task_id],
        )  # fmt: skip


def _collapsed(failures: Iterator[Failure]) -> list[Failure]:
    kept: dict[str, Failure] = {}
    for one in sorted(failures, key=lambda failure: failure.first):
        known = kept.setdefault(one.signature, one)
        if known is not one:
            known.count, known.last, known.lost_time = known.count + 1, one.last, known.lost_time + one.lost_time
            known.tasks = [*known.tasks, *one.tasks][:8]
            known.executors = list(dict.fromkeys([*known.executors, *one.executors]))[:8]
            known.stages = list(dict.fromkeys([*known.stages, *one.stages]))[:8]
    return list(kept.values())
