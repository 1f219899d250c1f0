"""The REST API's tables as types; a version of Spark that lacks a field leaves its default."""

from datetime import datetime

import msgspec


class _Table(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    pass


class ListedAttempt(_Table, kw_only=True, frozen=True):
    attempt_id: str = ""
    start_time: str = ""
    end_time: str = ""
    last_updated: str = ""
    spark_user: str = ""
    completed: bool = True
    app_spark_version: str = ""


class Listed(_Table, kw_only=True, frozen=True):
    id: str
    name: str = ""
    attempts: list[ListedAttempt] = []


class Runtime(_Table, kw_only=True, frozen=True):
    java_version: str = ""


class Environment(_Table, kw_only=True, frozen=True):
    runtime: Runtime = Runtime()
    spark_properties: list[tuple[str, str]] = []


class Job(_Table, kw_only=True, frozen=True):
    job_id: int
    name: str = ""
    description: str = ""
    submission_time: str = ""
    completion_time: str = ""
    stage_ids: list[int] = []
    status: str = ""


class Inputs(_Table, kw_only=True, frozen=True):
    bytes_read: list[float] = []


class Reads(_Table, kw_only=True, frozen=True):
    read_bytes: list[float] = []


class Quantiles(_Table, kw_only=True, frozen=True):
    duration: list[float] = []
    input_metrics: Inputs = Inputs()
    shuffle_read_metrics: Reads = Reads()


class Stage(_Table, kw_only=True, frozen=True):
    stage_id: int
    attempt_id: int = 0
    name: str = ""
    num_tasks: int = 0
    num_complete_tasks: int = 0
    num_failed_tasks: int = 0
    num_killed_tasks: int = 0
    submission_time: str = ""
    completion_time: str = ""
    failure_reason: str | None = None
    executor_run_time: int = 0
    executor_cpu_time: int = 0
    jvm_gc_time: int = 0
    result_size: int = 0
    memory_bytes_spilled: int = 0
    disk_bytes_spilled: int = 0
    peak_execution_memory: int = 0
    input_bytes: int = 0
    input_records: int = 0
    output_bytes: int = 0
    output_records: int = 0
    shuffle_read_bytes: int = 0
    shuffle_read_records: int = 0
    shuffle_write_bytes: int = 0
    shuffle_fetch_wait_time: int = 0
    task_metrics_distributions: Quantiles | None = None


class Task(_Table, kw_only=True, frozen=True):
    task_id: int
    index: int = 0
    launch_time: str = ""
    duration: int = 0
    executor_id: str = ""
    host: str = ""
    status: str = ""
    speculative: bool = False
    error_message: str | None = None


class Executor(_Table, kw_only=True, frozen=True):
    id: str
    host_port: str = ""
    total_cores: int = 0
    add_time: str = ""
    remove_time: str = ""
    remove_reason: str = ""
    total_tasks: int = 0
    failed_tasks: int = 0
    total_duration: int = 0
    executor_logs: dict[str, str] = {}
    peak_memory_metrics: dict[str, int] | None = None


class Metric(_Table, kw_only=True, frozen=True):
    name: str = ""
    value: str = ""


class Operator(_Table, kw_only=True, frozen=True):
    node_id: int
    node_name: str = ""
    metrics: list[Metric] = []


class Edge(_Table, kw_only=True, frozen=True):
    from_id: int
    to_id: int


class Execution(_Table, kw_only=True, frozen=True):
    id: int
    status: str = ""
    description: str = ""
    submission_time: str = ""
    duration: int = 0
    nodes: list[Operator] = []
    edges: list[Edge] = []


def milliseconds(moment: str) -> int | None:
    """`2026-11-22T18:25:32.123GMT` in milliseconds; None for none, which is also written as a time before 1971."""
    if not moment or moment < "1971":
        return None
    return round(datetime.fromisoformat(moment.replace("GMT", "+00:00")).timestamp() * 1000)
