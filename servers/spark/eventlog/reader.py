"""One pass over an event log: each line is known by its first bytes and decoded only as far as it is needed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from platform_core.telemetry.redaction import redact
from servers.spark.digest import Digest, Executor, Job
from servers.spark.eventlog import events
from servers.spark.eventlog.failing import Failing
from servers.spark.eventlog.lines import Reading
from servers.spark.eventlog.plans import Plans
from servers.spark.eventlog.stages import Tally

MOST_STAGES = 20_000
MOST_JOBS = 20_000
MOST_EXECUTORS = 20_000
COLD_ROUNDS = 2
"""Of tasks on every core of an executor, in which it loads classes and starts its workers."""
_START = b'{"Event":"'
_SQL = "org.apache.spark.sql.execution.ui.SparkListener"
_KNOWN = (b"SparkListener", b"org.apache.spark.")
Handler = Callable[[Any], None]


class Reader:
    """The digest that grows while lines come in."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.digest = Digest(jobs=[], stages=[], executors=[], executions=[], failures=[], notes=[], left_out={})
        self._stages: dict[tuple[int, int], Tally] = {}
        self._jobs: dict[int, Job] = {}
        self._executors: dict[str, Executor] = {}
        self._plans, self._failing = Plans(), Failing()
        self._left_out: dict[str, int] = {}
        self._handlers = dict(self._table())

    def _table(self) -> Iterator[tuple[bytes, tuple[Callable[[bytes], Any], Handler]]]:
        """What is done with which event. Those not named here are passed over undecoded."""
        for name, shape, handler in (
            ("SparkListenerTaskStart", events.TaskStart, self._task_start),
            ("SparkListenerTaskEnd", events.TaskEnd, self._task_end),
            ("SparkListenerLogStart", events.LogStart, self._log_start),
            ("SparkListenerApplicationStart", events.ApplicationStart, self._application_start),
            ("SparkListenerApplicationEnd", events.ApplicationEnd, self._application_end),
            ("SparkListenerEnvironmentUpdate", events.Environment, self._environment),
            ("SparkListenerJobStart", events.JobStart, self._job_start),
            ("SparkListenerJobEnd", events.JobEnd, self._job_end),
            ("SparkListenerStageSubmitted", events.StageEvent, self._stage_submitted),
            ("SparkListenerStageCompleted", events.StageEvent, self._stage_completed),
            ("SparkListenerExecutorAdded", events.ExecutorAdded, self._executor_added),
            ("SparkListenerExecutorRemoved", events.ExecutorRemoved, self._executor_removed),
            ("SparkListenerStageExecutorMetrics", events.StageExecutorMetrics, self._executor_metrics),
            (f"{_SQL}SQLExecutionStart", events.SqlStart, self._plans.start),
            (f"{_SQL}SQLAdaptiveExecutionUpdate", events.SqlAdaptive, self._replanned),
            (f"{_SQL}SQLExecutionEnd", events.SqlEnd, self._sql_end),
            (f"{_SQL}DriverAccumUpdates", events.DriverUpdates, self._driver_updates),
        ):
            yield name.encode(), (msgspec.json.Decoder(shape).decode, handler)

    def read(self, lines: Iterable[bytes]) -> None:
        """Take in lines, in the order of the log."""
        handlers, reading, start = self._handlers, self.reading, len(_START)
        for line in lines:
            end = line.find(b'"', start)
            name = line[start:end] if end > 0 and line.startswith(_START) else _name(line)
            known = handlers.get(name)
            if known is None:
                if not name:
                    self._unreadable(line)
                elif not name.startswith(_KNOWN):
                    reading.foreign += 1
                continue
            decode, handle = known
            try:
                event = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._unreadable(line)
            else:
                handle(event)

    def finished(self) -> Digest:
        """The digest of what was read so far."""
        digest, reading = self.digest, self.reading
        whole = (tally.whole() for tally in self._stages.values())
        digest.stages = sorted(whole, key=lambda stage: (stage.id, stage.attempt))
        digest.jobs = list(self._jobs.values())
        digest.executors = list(self._executors.values())
        digest.executions = list(self._plans.executions.values())
        digest.failures = sorted(self._failing.by_signature.values(), key=lambda failure: (failure.first, failure.line))
        digest.bytes, digest.lines = reading.bytes, reading.lines
        left_out = {"sql executions": self._plans.left_out, "failure signatures": self._failing.left_out}
        digest.left_out = {name: count for name, count in (left_out | self._left_out).items() if count}
        return digest

    def _unreadable(self, line: bytes) -> None:
        self.reading.undecodable += bool(line.strip())

    def _seen(self, time: int) -> None:
        if time > self.digest.last_event:
            self.digest.last_event = time

    def _tally(self, id: int, attempt: int) -> Tally:
        tally = self._stages.get((id, attempt))
        if tally is None:
            tally = Tally(id, attempt)
            if len(self._stages) < MOST_STAGES:
                self._stages[id, attempt] = tally
            else:
                self._left_out["tasks of later stages"] = self._left_out.get("tasks of later stages", 0) + 1
        return tally

    def _task_start(self, event: events.TaskStart) -> None:
        self._seen(event.info.launch)
        executor = self._executors.get(event.info.executor)
        warm = executor is None or executor.started >= COLD_ROUNDS * executor.cores
        if executor is not None:
            executor.started += 1
        self._tally(event.stage, event.attempt).start(event.info, warm=warm)

    def _task_end(self, event: events.TaskEnd) -> None:
        info = event.info
        self._seen(info.finish)
        self._tally(event.stage, event.attempt).end(event)
        if (executor := self._executors.get(info.executor)) is not None:
            executor.tasks += 1
            executor.busy += max(0, info.finish - info.launch)
            executor.failed += info.failed
        if event.end.reason != "Success":
            self._failing.add(event, self.reading.lines)

    def _log_start(self, event: events.LogStart) -> None:
        self.digest.spark = event.version

    def _application_start(self, event: events.ApplicationStart) -> None:
        digest = self.digest
        digest.app_id, digest.name, digest.user = event.id or digest.app_id, event.name[:300], event.user[:200]
        digest.attempt, digest.started = event.attempt or "", event.time
        digest.driver_logs = event.logs or {}
        self._seen(event.time)

    def _application_end(self, event: events.ApplicationEnd) -> None:
        self.digest.ended, self.digest.exit_code = event.time, event.exit_code
        self._seen(event.time)

    def _environment(self, event: events.Environment) -> None:
        # Spark itself takes out what its keys call secret; values that look like one are taken out here.
        self.digest.properties = {key: redact(value[:2_000]) for key, value in event.spark.items()}
        self.digest.java = event.jvm.get("Java Version", "")

    def _job_start(self, event: events.JobStart) -> None:
        self._seen(event.submitted)
        if len(self._jobs) >= MOST_JOBS:
            self._left_out["jobs"] = self._left_out.get("jobs", 0) + 1
            return
        known = event.properties or {}
        sql = known.get("spark.sql.execution.id", "")
        said = known.get("spark.job.description") or known.get("callSite.short") or ""
        self._jobs[event.id] = Job(
            id=event.id, submitted=event.submitted, stages=event.stages[:500], description=redact(said[:300]),
            sql=int(sql) if sql.isdecimal() else None,
        )  # fmt: skip

    def _job_end(self, event: events.JobEnd) -> None:
        self._seen(event.completed)
        if (job := self._jobs.get(event.id)) is not None:
            job.completed = event.completed
            failed, why = event.result.result != "JobSucceeded", event.result.exception
            job.error = (why.message[:4_000] if why else event.result.result) if failed else None

    def _stage_submitted(self, event: events.StageEvent) -> None:
        self._tally(event.info.id, event.info.attempt).describe(event.info)

    def _stage_completed(self, event: events.StageEvent) -> None:
        self._seen(event.info.completed or 0)
        tally = self._tally(event.info.id, event.info.attempt)
        tally.describe(event.info)
        tally.finish()
        self._plans.stage_values(tally.stage.ref, event.info.accumulables)

    def _executor_added(self, event: events.ExecutorAdded) -> None:
        if len(self._executors) < MOST_EXECUTORS:
            info = event.info
            self._executors[event.id] = Executor(
                id=event.id, host=info.host[:200], cores=info.cores, added=event.time, logs=info.logs
            )

    def _executor_removed(self, event: events.ExecutorRemoved) -> None:
        self._seen(event.time)
        if (executor := self._executors.get(event.id)) is not None:
            executor.removed, executor.reason = event.time, event.reason[:500]

    def _executor_metrics(self, event: events.StageExecutorMetrics) -> None:
        if (executor := self._executors.get(event.executor)) is not None:
            executor.heap_peak = max(executor.heap_peak, event.metrics.get("JVMHeapMemory", 0))
            executor.rss_peak = max(executor.rss_peak, event.metrics.get("ProcessTreeJVMRSSMemory", 0))
            executor.python_peak = max(executor.python_peak, event.metrics.get("ProcessTreePythonRSSMemory", 0))

    def _replanned(self, event: events.SqlAdaptive) -> None:
        self._plans.replan(event.id, event.plan)

    def _sql_end(self, event: events.SqlEnd) -> None:
        self._seen(event.time)
        self._plans.end(event.id, event.time, event.error)

    def _driver_updates(self, event: events.DriverUpdates) -> None:
        self._plans.driver_values(event.updates)


_peek = msgspec.json.Decoder(events.Named).decode


def _name(line: bytes) -> bytes:
    """The event's name where it is not the first thing on the line; empty where the line is no event."""
    try:
        return _peek(line).event.encode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return b""
