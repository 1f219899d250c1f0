"""Jobs, stages, executors, SQL executions and settings: one row each."""

from platform_core.errors import NotFound
from servers.spark.digest import Digest, Execution, Executor, Job, Stage
from servers.spark.findings.finding import amount, span
from servers.spark.views.shape import Row, View, after, first_line, state, took, words


def jobs(digest: Digest) -> View:
    columns = ("job", "status", "start", "took", "stages", "sql", "description", "error")
    return View(note="Jobs", columns=columns, rows=[_job(digest, job) for job in digest.jobs])


def stages(digest: Digest) -> View:
    columns = ("stage", "status", "start", "took", "ok/tasks", "failed", "median", "max", "input", "shuffle read")
    more = ("shuffle written", "disk spill", "gc", "name")
    return View(note="Stages", columns=columns + more, rows=[_stage(digest, stage) for stage in digest.stages])


def executors(digest: Digest) -> View:
    columns = ("executor", "host", "cores", "added", "removed", "reason", "tasks", "failed", "busy")
    more = ("peak heap", "peak rss", "peak python")
    return View(note="Executors", columns=columns + more, rows=[_executor(digest, one) for one in digest.executors])


def executions(digest: Digest) -> View:
    columns = ("sql", "status", "start", "took", "replans", "description", "error")
    return View(note="SQL executions", columns=columns, rows=[_execution(digest, one) for one in digest.executions])


def plan(digest: Digest, id: str) -> View:
    """The last plan of one execution, as a tree."""
    execution = next((one for one in digest.executions if str(one.id) == id), None)
    if execution is None:
        raise NotFound(f"There is no SQL execution {id} in this attempt; leave `id` out to list them.")
    rows: list[Row] = [
        ["  " * node.depth + node.name, node.stage, words(f"{k}={v}" for k, v in node.metrics.items()), node.text]
        for node in execution.plan
    ]
    note = f"Plan of sql:{id}, changed {execution.replans} times while it ran"
    return View(note=note, columns=("operator", "stage", "metrics", "text"), rows=rows)


def environment(digest: Digest) -> View:
    known = {**dict(sorted(digest.properties.items())), "Spark": digest.spark, "Java": digest.java}
    rows: list[Row] = [[key, value] for key, value in known.items()]
    return View(note="Spark properties", columns=("key", "value"), rows=rows)


def _job(digest: Digest, job: Job) -> Row:
    status = "failed" if job.error else "succeeded" if job.completed else "running"
    lasted = took(job.submitted, job.completed or digest.until)
    error = first_line(job.error)
    return [
        job.id,
        status,
        after(digest, job.submitted),
        lasted,
        words(job.stages[:20]),
        job.sql,
        job.description,
        error,
    ]


def _stage(digest: Digest, stage: Stage) -> Row:
    name = stage.ref.removeprefix("stage:")
    when = after(digest, stage.submitted), took(stage.submitted, stage.completed or digest.until)
    times = span(stage.durations.median), span(stage.durations.most)
    sizes = map(amount, (stage.input, stage.shuffle_read, stage.shuffle_written, stage.disk_spilled))
    gc = f"{100 * stage.gc // max(1, stage.run)}%"
    return [name, state(stage), *when, f"{stage.ok}/{stage.tasks}", stage.failed, *times, *sizes, gc, stage.name]


def _executor(digest: Digest, one: Executor) -> Row:
    when = after(digest, one.added), after(digest, one.removed)
    peaks = map(amount, (one.heap_peak, one.rss_peak, one.python_peak))
    return [one.id, one.host, one.cores, *when, one.reason, one.tasks, one.failed, span(one.busy), *peaks]


def _execution(digest: Digest, one: Execution) -> Row:
    status = "failed" if one.error else "ended" if one.ended else "running"
    when = after(digest, one.started), took(one.started, one.ended or digest.until)
    return [one.id, status, *when, one.replans, one.description, first_line(one.error)]
