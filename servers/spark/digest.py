"""One attempt of an application, read once and kept small: all that the tools answer from. Times are milliseconds."""

import msgspec

from servers.spark.histogram import Spread

FORMAT = 1
"""Of what is kept on disk; a digest of another format is made again."""


class _Part(msgspec.Struct, kw_only=True):
    pass


class Task(_Part, kw_only=True):
    """One task attempt worth naming: the slowest, the largest, or one that has not ended."""

    id: int
    index: int
    executor: str
    host: str
    launched: int
    duration: int = 0
    bytes: int = 0
    cpu: int = 0
    speculative: bool = False


class Stage(_Part, kw_only=True):
    """One attempt of a stage: exact counts and sums, bounded spreads."""

    id: int
    attempt: int
    name: str = ""
    tasks: int = 0
    submitted: int | None = None
    completed: int | None = None
    failure: str | None = None
    parents: list[int] = []
    cached: bool = False
    """It reads or fills a cache."""
    ended: int = 0
    ok: int = 0
    failed: int = 0
    killed: int = 0
    speculative: int = 0
    duration_sum: int = 0
    run: int = 0
    cpu: int = 0
    gc: int = 0
    memory_spilled: int = 0
    disk_spilled: int = 0
    result: int = 0
    peak_memory: int = 0
    shuffle_read: int = 0
    shuffle_records: int = 0
    shuffle_written: int = 0
    fetch_wait: int = 0
    input: int = 0
    input_records: int = 0
    output: int = 0
    output_records: int = 0
    durations: Spread = Spread()
    """Of tasks that ended well."""
    sizes: Spread = Spread()
    """Bytes that such a task read, from files and shuffle."""
    slowest: Task | None = None
    """Of those, but not among the first tasks of an executor, which warm it up."""
    running: list[Task] = []

    @property
    def ref(self) -> str:
        return f"stage:{self.id}.{self.attempt}"


class Job(_Part, kw_only=True):
    id: int
    submitted: int
    completed: int | None = None
    stages: list[int] = []
    error: str | None = None
    """None for one that succeeded or runs."""
    sql: int | None = None
    description: str = ""


class Executor(_Part, kw_only=True):
    id: str
    host: str
    cores: int
    added: int
    removed: int | None = None
    reason: str = ""
    started: int = 0
    tasks: int = 0
    failed: int = 0
    busy: int = 0
    heap_peak: int = 0
    rss_peak: int = 0
    python_peak: int = 0
    logs: dict[str, str] = {}


class Node(_Part, kw_only=True):
    """One operator of a plan; `depth` makes the tree of the list."""

    name: str
    text: str
    depth: int
    metrics: dict[str, int] = {}
    stage: str = ""
    """Where most of its metrics came from."""


class Execution(_Part, kw_only=True):
    """One SQL execution, with the last plan that it had."""

    id: int
    started: int
    ended: int | None = None
    description: str = ""
    error: str | None = None
    plan: list[Node] = []
    replans: int = 0


class Failure(_Part, kw_only=True):
    """Failed task attempts of one signature."""

    signature: str
    reason: str
    exception: str = ""
    frame: str = ""
    message: str = ""
    trace: str = ""
    count: int = 0
    first: int = 0
    last: int = 0
    line: int = 0
    """Of the first one, in the event log."""
    stages: list[str] = []
    executors: list[str] = []
    tasks: list[int] = []
    lost_time: int = 0
    from_executor: str = ""
    """For a failed fetch: whose output was gone."""
    by_app: bool | None = None


class Digest(_Part, kw_only=True):
    """Everything known of one attempt."""

    format: int = FORMAT
    app_id: str = ""
    name: str = ""
    user: str = ""
    attempt: str = ""
    spark: str = ""
    started: int = 0
    ended: int | None = None
    last_event: int = 0
    exit_code: int | None = None
    properties: dict[str, str] = {}
    java: str = ""
    driver_logs: dict[str, str] = {}
    jobs: list[Job] = []
    stages: list[Stage] = []
    executors: list[Executor] = []
    executions: list[Execution] = []
    failures: list[Failure] = []
    in_progress: bool = False
    """The log still has its name of an unfinished one."""
    source: str = "event log"
    bytes: int = 0
    lines: int = 0
    notes: list[str] = []
    """What could not be read, in words."""
    left_out: dict[str, int] = {}
    """Parts beyond what a digest keeps."""

    @property
    def until(self) -> int:
        """When it ended, or the time of the last event."""
        return self.ended or self.last_event or self.started

    @property
    def duration(self) -> int:
        return max(0, self.until - self.started)

    @property
    def failed_tasks(self) -> int:
        return sum(stage.failed for stage in self.stages)

    @property
    def input(self) -> int:
        return sum(stage.input for stage in self.stages)

    def stage(self, ref: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.ref == ref), None)


class Header(msgspec.Struct, kw_only=True, frozen=True):
    """What a list of applications shows without reading the whole log."""

    app_id: str
    name: str
    user: str
    attempt: str
    started: int


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Digest).decode


def packed(digest: Digest) -> bytes:
    return _pack(digest)


def unpacked(data: bytes) -> Digest | None:
    """The digest in `data`; None where it is of another format or no digest at all."""
    try:
        digest = _unpack(data)
    except msgspec.DecodeError:
        return None
    return digest if digest.format == FORMAT else None
