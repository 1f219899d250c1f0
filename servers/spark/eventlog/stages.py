"""Tasks of one stage attempt, added up while they are read."""

from servers.spark.digest import Stage, Task
from servers.spark.eventlog.events import StageInfo, TaskEnd, TaskInfo
from servers.spark.histogram import Histogram

MOST_RUNNING = 200
"""Unfinished tasks of a stage that a digest names."""


class Tally:
    """A stage that runs. Its histograms become spreads when it ends, so thousands of stages stay small."""

    __slots__ = ("cold", "durations", "finished", "running", "sizes", "stage")

    def __init__(self, id: int, attempt: int) -> None:
        self.stage = Stage(id=id, attempt=attempt, parents=[], running=[])
        self.durations, self.sizes = Histogram(), Histogram()
        self.finished = False
        self.cold: set[int] = set()
        self.running: dict[int, TaskInfo] = {}

    def describe(self, info: StageInfo) -> None:
        """Take over what Spark says of the stage itself."""
        stage = self.stage
        stage.name, stage.tasks, stage.parents = info.name[:300], info.tasks, info.parents
        stage.cached = any(rdd.storage.memory or rdd.storage.disk for rdd in info.rdds)
        stage.submitted = info.submitted or stage.submitted
        stage.completed = info.completed or stage.completed
        stage.failure = info.failure[:2_000] if info.failure else stage.failure

    def start(self, info: TaskInfo, *, warm: bool) -> None:
        """`warm` is false for the first tasks of an executor: loading classes and workers is not their fault."""
        self.running[info.id] = info
        if not warm:
            self.cold.add(info.id)
        if info.speculative:
            self.stage.speculative += 1

    def end(self, event: TaskEnd) -> None:
        """Count one end of a task, as Spark's own pages do."""
        stage, info, metrics = self.stage, event.info, event.metrics
        self.running.pop(info.id, None)
        duration = max(0, info.finish - info.launch)
        stage.ended += 1
        stage.duration_sum += duration
        size = 0
        if metrics is not None:
            stage.run += metrics.run
            stage.cpu += metrics.cpu
            stage.gc += metrics.gc_ms
            stage.memory_spilled += metrics.memory_spilled
            stage.disk_spilled += metrics.disk_spilled
            stage.result += metrics.result
            if metrics.peak_memory > stage.peak_memory:
                stage.peak_memory = metrics.peak_memory
            if (read := metrics.shuffle_read) is not None:
                stage.shuffle_read += (size := read.remote + read.local)
                stage.shuffle_records += read.records
                stage.fetch_wait += read.wait
            if (write := metrics.shuffle_write) is not None:
                stage.shuffle_written += write.bytes
            if (taken := metrics.input) is not None:
                stage.input += taken.bytes
                stage.input_records += taken.records
                size += taken.bytes
            if (given := metrics.output) is not None:
                stage.output += given.bytes
                stage.output_records += given.records
        if info.killed:
            stage.killed += 1
        elif info.failed or event.end.reason != "Success":
            stage.failed += 1
        else:
            self._well(info, duration, size, metrics.cpu if metrics else 0)

    def finish(self) -> None:
        """Make spreads of the histograms and let those go; tasks that end later are counted alone."""
        if self.durations.buckets:
            self.stage.durations, self.stage.sizes = self.durations.spread(), self.sizes.spread()
            self.durations, self.sizes = Histogram(), Histogram()
            self.finished = True

    def whole(self) -> Stage:
        """The stage as far as it was read."""
        if not self.finished:
            self.finish()
        self.stage.running = [_task(info) for info in list(self.running.values())[:MOST_RUNNING]]
        return self.stage

    def _well(self, info: TaskInfo, duration: int, size: int, cpu: int) -> None:
        self.stage.ok += 1
        self.durations.add(duration)
        self.sizes.add(size)
        if info.id in self.cold:
            self.cold.remove(info.id)
        elif self.stage.slowest is None or duration > self.stage.slowest.duration:
            self.stage.slowest = _task(info, duration=duration, size=size, cpu=cpu)


def _task(info: TaskInfo, *, duration: int = 0, size: int = 0, cpu: int = 0) -> Task:
    return Task(
        id=info.id, index=info.index, executor=info.executor, host=info.host[:200], launched=info.launch,
        duration=duration, bytes=size, cpu=cpu, speculative=info.speculative,
    )  # fmt: skip
