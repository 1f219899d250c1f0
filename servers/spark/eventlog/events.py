"""Events of Spark 2.2 to 4.3 as far as a digest needs them; every field that a version lacks has a default."""

from typing import Any

import msgspec
from msgspec import field


class _Event(msgspec.Struct, kw_only=True, gc=False):
    """Unknown fields are passed over, so another vendor's additions do no harm."""


class Named(_Event, kw_only=True):
    event: str = field(name="Event")


class TaskInfo(_Event, kw_only=True):
    id: int = field(name="Task ID")
    index: int = field(name="Index", default=0)
    attempt: int = field(name="Attempt", default=0)
    launch: int = field(name="Launch Time", default=0)
    finish: int = field(name="Finish Time", default=0)
    executor: str = field(name="Executor ID", default="")
    host: str = field(name="Host", default="")
    failed: bool = field(name="Failed", default=False)
    killed: bool = field(name="Killed", default=False)
    speculative: bool = field(name="Speculative", default=False)


class Frame(_Event, kw_only=True):
    type: str = field(name="Declaring Class", default="")
    method: str = field(name="Method Name", default="")
    file: str | None = field(name="File Name", default=None)
    line: int = field(name="Line Number", default=0)


class BlockManager(_Event, kw_only=True):
    executor: str = field(name="Executor ID", default="")
    host: str = field(name="Host", default="")


class EndReason(_Event, kw_only=True):
    reason: str = field(name="Reason", default="UnknownReason")
    exception: str | None = field(name="Class Name", default=None)
    description: str | None = field(name="Description", default=None)
    trace: str | None = field(name="Full Stack Trace", default=None)
    frames: list[Frame] | None = field(name="Stack Trace", default=None)
    loss: str | None = field(name="Loss Reason", default=None)
    caused_by_app: bool | None = field(name="Exit Caused By App", default=None)
    kill: str | None = field(name="Kill Reason", default=None)
    message: str | None = field(name="Message", default=None)
    shuffle: int | None = field(name="Shuffle ID", default=None)
    block_manager: BlockManager | None = field(name="Block Manager Address", default=None)


class ShuffleRead(_Event, kw_only=True):
    wait: int = field(name="Fetch Wait Time", default=0)
    remote: int = field(name="Remote Bytes Read", default=0)
    local: int = field(name="Local Bytes Read", default=0)
    records: int = field(name="Total Records Read", default=0)


class ShuffleWrite(_Event, kw_only=True):
    bytes: int = field(name="Shuffle Bytes Written", default=0)


class Input(_Event, kw_only=True):
    bytes: int = field(name="Bytes Read", default=0)
    records: int = field(name="Records Read", default=0)


class Output(_Event, kw_only=True):
    bytes: int = field(name="Bytes Written", default=0)
    records: int = field(name="Records Written", default=0)


class Metrics(_Event, kw_only=True):
    run: int = field(name="Executor Run Time", default=0)
    cpu: int = field(name="Executor CPU Time", default=0)
    gc_ms: int = field(name="JVM GC Time", default=0)
    result: int = field(name="Result Size", default=0)
    memory_spilled: int = field(name="Memory Bytes Spilled", default=0)
    disk_spilled: int = field(name="Disk Bytes Spilled", default=0)
    peak_memory: int = field(name="Peak Execution Memory", default=0)
    shuffle_read: ShuffleRead | None = field(name="Shuffle Read Metrics", default=None)
    shuffle_write: ShuffleWrite | None = field(name="Shuffle Write Metrics", default=None)
    input: Input | None = field(name="Input Metrics", default=None)
    output: Output | None = field(name="Output Metrics", default=None)


class TaskStart(_Event, kw_only=True):
    stage: int = field(name="Stage ID")
    attempt: int = field(name="Stage Attempt ID", default=0)
    info: TaskInfo = field(name="Task Info")


class TaskEnd(_Event, kw_only=True):
    stage: int = field(name="Stage ID")
    attempt: int = field(name="Stage Attempt ID", default=0)
    end: EndReason = field(name="Task End Reason")
    info: TaskInfo = field(name="Task Info")
    metrics: Metrics | None = field(name="Task Metrics", default=None)


class Storage(_Event, kw_only=True):
    disk: bool = field(name="Use Disk", default=False)
    memory: bool = field(name="Use Memory", default=False)


class Rdd(_Event, kw_only=True):
    storage: Storage = field(name="Storage Level", default_factory=Storage)


class Accumulable(_Event, kw_only=True):
    id: int = field(name="ID", default=-1)
    value: Any = field(name="Value", default=None)
    metadata: str | None = field(name="Metadata", default=None)


class StageInfo(_Event, kw_only=True):
    id: int = field(name="Stage ID")
    attempt: int = field(name="Stage Attempt ID", default=0)
    name: str = field(name="Stage Name", default="")
    tasks: int = field(name="Number of Tasks", default=0)
    rdds: list[Rdd] = field(name="RDD Info", default_factory=list[Rdd])
    parents: list[int] = field(name="Parent IDs", default_factory=list[int])
    submitted: int | None = field(name="Submission Time", default=None)
    completed: int | None = field(name="Completion Time", default=None)
    failure: str | None = field(name="Failure Reason", default=None)
    accumulables: list[Accumulable] = field(name="Accumulables", default_factory=list[Accumulable])


class StageEvent(_Event, kw_only=True):
    info: StageInfo = field(name="Stage Info")


class JobStart(_Event, kw_only=True):
    id: int = field(name="Job ID")
    submitted: int = field(name="Submission Time", default=0)
    stages: list[int] = field(name="Stage IDs", default_factory=list[int])
    properties: dict[str, str] | None = field(name="Properties", default=None)


class JobException(_Event, kw_only=True):
    message: str = field(name="Message", default="")


class JobResult(_Event, kw_only=True):
    result: str = field(name="Result", default="")
    exception: JobException | None = field(name="Exception", default=None)


class JobEnd(_Event, kw_only=True):
    id: int = field(name="Job ID")
    completed: int = field(name="Completion Time", default=0)
    result: JobResult = field(name="Job Result")


class ApplicationStart(_Event, kw_only=True):
    id: str | None = field(name="App ID", default=None)
    name: str = field(name="App Name", default="")
    user: str = field(name="User", default="")
    attempt: str | None = field(name="App Attempt ID", default=None)
    time: int = field(name="Timestamp", default=0)
    logs: dict[str, str] | None = field(name="Driver Logs", default=None)


class ApplicationEnd(_Event, kw_only=True):
    time: int = field(name="Timestamp", default=0)
    exit_code: int | None = field(name="ExitCode", default=None)


class LogStart(_Event, kw_only=True):
    version: str = field(name="Spark Version", default="")


class Environment(_Event, kw_only=True):
    spark: dict[str, str] = field(name="Spark Properties", default_factory=dict[str, str])
    jvm: dict[str, str] = field(name="JVM Information", default_factory=dict[str, str])


class ExecutorInfo(_Event, kw_only=True):
    host: str = field(name="Host", default="")
    cores: int = field(name="Total Cores", default=0)
    logs: dict[str, str] = field(name="Log Urls", default_factory=dict[str, str])


class ExecutorAdded(_Event, kw_only=True):
    time: int = field(name="Timestamp", default=0)
    id: str = field(name="Executor ID")
    info: ExecutorInfo = field(name="Executor Info", default_factory=ExecutorInfo)


class ExecutorRemoved(_Event, kw_only=True):
    time: int = field(name="Timestamp", default=0)
    id: str = field(name="Executor ID")
    reason: str = field(name="Removed Reason", default="")


class StageExecutorMetrics(_Event, kw_only=True):
    executor: str = field(name="Executor ID", default="")
    metrics: dict[str, int] = field(name="Executor Metrics", default_factory=dict[str, int])


class PlanMetric(_Event, kw_only=True):
    name: str = ""
    id: int = field(name="accumulatorId", default=-1)


class PlanNode(_Event, kw_only=True):
    name: str = field(name="nodeName", default="")
    text: str = field(name="simpleString", default="")
    children: list["PlanNode"] = field(default_factory=list["PlanNode"])
    metrics: list[PlanMetric] = field(default_factory=list[PlanMetric])


class SqlStart(_Event, kw_only=True):
    id: int = field(name="executionId")
    time: int = 0
    description: str | None = None
    plan: PlanNode = field(name="sparkPlanInfo", default_factory=PlanNode)


class SqlAdaptive(_Event, kw_only=True):
    id: int = field(name="executionId")
    plan: PlanNode = field(name="sparkPlanInfo", default_factory=PlanNode)


class SqlEnd(_Event, kw_only=True):
    id: int = field(name="executionId")
    time: int = 0
    error: str | None = field(name="errorMessage", default=None)


class DriverUpdates(_Event, kw_only=True):
    id: int = field(name="executionId")
    updates: list[tuple[int, int]] = field(name="accumUpdates", default_factory=list[tuple[int, int]])
