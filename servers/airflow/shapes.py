"""What of Airflow's answers is used, and nothing else: the recorded contract of `/api/v2` (3.3)."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field


class DagVersion(Struct):
    version_number: int


class Dag(Struct):
    dag_id: str
    is_paused: bool = False
    owners: list[str] = []
    timetable_summary: str | None = None
    timetable_description: str | None = None
    next_dagrun_run_after: datetime | None = None
    max_active_runs: int | None = None


class Param(Struct):
    schema: dict[str, Any] = {}
    value: Any = None
    description: str | None = None


class DagDetails(Dag):
    params: dict[str, Param] = {}
    doc_md: str | None = None
    latest_dag_version: DagVersion | None = None
    active_runs_count: int = 0


class Run(Struct):
    dag_id: str
    dag_run_id: str
    state: str
    run_after: datetime
    logical_date: datetime | None = None
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    duration: float | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    run_type: str = ""
    triggered_by: str | None = None
    triggering_user_name: str | None = None
    conf: dict[str, Any] | None = None
    note: str | None = None
    dag_versions: list[DagVersion] = []

    @property
    def version(self) -> int:
        """The newest version of the DAG that it ran with; 0 where Airflow keeps none."""
        return max((one.version_number for one in self.dag_versions), default=0)


class TaskInstance(Struct):
    task_id: str
    dag_id: str = ""
    dag_run_id: str = ""
    map_index: int = -1
    state: str | None = None
    try_number: int = 0
    max_tries: int = 0
    start_date: datetime | None = None
    end_date: datetime | None = None
    duration: float | None = None
    pool: str = "default_pool"
    operator_name: str | None = None
    queued_when: datetime | None = None
    scheduled_when: datetime | None = None

    @property
    def name(self) -> str:
        """The task, with its index where it is mapped."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


class Task(Struct):
    task_id: str
    downstream_task_ids: list[str] = []
    operator_name: str | None = None
    trigger_rule: str = "all_success"
    retries: float = 0
    pool: str = "default_pool"
    is_mapped: bool = False


class Pool(Struct):
    name: str
    slots: int
    open_slots: int = 0


class ImportFailure(Struct):
    filename: str
    timestamp: datetime
    stack_trace: str


class HitlTask(Struct):
    task_id: str
    map_index: int = -1


class Hitl(Struct):
    """A question of a task to people."""

    subject: str
    task_instance: HitlTask
    options: list[str] = []
    response_received: bool = False


class AssetEvent(Struct):
    timestamp: datetime
    uri: str | None = None
    source_dag_id: str | None = None
    source_run_id: str | None = None


class Dags(Struct):
    dags: list[Dag]
    total_entries: int = 0


class Runs(Struct):
    dag_runs: list[Run]
    total_entries: int | None = 0


class TaskInstances(Struct):
    task_instances: list[TaskInstance]
    total_entries: int | None = 0


class Tasks(Struct):
    tasks: list[Task]


class Pools(Struct):
    pools: list[Pool]


class ImportFailures(Struct):
    import_errors: list[ImportFailure]
    total_entries: int = 0


class Hitls(Struct):
    hitl_details: list[Hitl]


class AssetEvents(Struct):
    asset_events: list[AssetEvent]


class Source(Struct):
    content: str | None = None


class Health(Struct):
    class Part(Struct):
        status: str | None = None

    scheduler: Part = field(default_factory=Part)
