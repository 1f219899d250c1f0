"""What an assistant may do with Airflow: learn why a run failed or waits, and rerun what a person said yes to."""

from typing import Annotated, Any, Literal

from pydantic import Field

from platform_core import Invalid, Server, authorize_tool, requires_approval
from servers.airflow import asking, changing, dags, finding, log, runs
from servers.airflow.answers import Changed, Diagnosis, Rows, Text
from servers.airflow.diagnosing import diagnose
from servers.airflow.session import Airflow

server = Server(__name__)

DagId = Annotated[str, Field(min_length=1, max_length=250)]
RunId = Annotated[str, Field(max_length=250, description="As list_runs gives it.")]
TaskId = Annotated[str, Field(min_length=1, max_length=250)]
Cursor = Annotated[str, Field(max_length=40, description="next_cursor of the page before.")]
Moment = Annotated[str, Field(max_length=40, description="ISO date or time.")]
Conf = Annotated[dict[str, Any], Field(description="Parameters; get_dag shows their schema.")]
Key = Annotated[
    str, Field(max_length=60, pattern=r"^[\w.-]*$", description="Of your choice: the same key never starts two runs.")
]


@server.tool(long=True)
@authorize_tool(policy="browse")
async def find_dags(
    airflow: Airflow,
    text: Annotated[str, Field(max_length=200, description="Part of the id.")] = "",
    tag: Annotated[str, Field(max_length=100)] = "",
    state: Literal["", "failing", "running", "paused", "import_error"] = "",
    cursor: Cursor = "",
) -> Rows:
    """Find DAGs: owner, schedule, paused or not, last run, next run; or files that could not be imported."""
    if state == "import_error":
        return await finding.import_errors(airflow, cursor)
    return await finding.find(airflow, text, tag, state, cursor)


@server.tool(long=True)
@authorize_tool(policy="read")
async def get_dag(
    airflow: Airflow,
    dag_id: DagId,
    include: Literal["tasks", "source", "recent_runs", "assets"] = "tasks",
    cursor: Cursor = "",
) -> Text:
    """One DAG: its tasks as a graph, the schema of its parameters, its version; or its source, runs or assets."""
    return await dags.show(airflow, dag_id, include, cursor)


@server.tool(long=True)
@authorize_tool(policy="read")
async def list_runs(
    airflow: Airflow,
    dag_id: Annotated[str, Field(max_length=250, description="All DAGs if empty.")] = "",
    state: Literal["", "queued", "running", "success", "failed"] = "",
    since: Moment = "",
    cursor: Cursor = "",
) -> Rows:
    """Runs, newest first: state, data interval, duration beside the median, how they were started and by whom."""
    return await runs.listed(airflow, dag_id, state, since, cursor)


@server.tool(long=True)
@authorize_tool(policy="read")
async def diagnose_run(
    airflow: Airflow,
    dag_id: DagId,
    run_id: Annotated[str, Field(max_length=250, description="The latest that failed or is stuck if empty.")] = "",
) -> Diagnosis:
    """Say why a run failed, or why it does not run: the first failed task, its last try, its error lines, what
    changed since the last success, and what to do next. Start here."""
    return await diagnose(airflow, dag_id, run_id)


@server.tool(long=True)
@authorize_tool(policy="read")
async def get_task_log(
    airflow: Airflow,
    dag_id: DagId,
    run_id: RunId,
    task_id: TaskId,
    map_index: Annotated[int, Field(ge=-1, description="Of a mapped task.")] = -1,
    try_number: Annotated[int, Field(ge=0, description="The last one if 0.")] = 0,
    mode: log.Mode = "errors",
    pattern: Annotated[str, Field(max_length=200, description="For grep: words, `a|b` for either.")] = "",
    cursor: Cursor = "",
) -> Text:
    """Read one try's log: its distinct errors, lines with a word, its end, or a range. Secrets are masked."""
    if mode == "grep" and not pattern.strip(" |"):
        raise Invalid("grep wants a `pattern`: one word, or several with | between them.")
    asked = log.Asked(mode=mode, pattern=pattern, cursor=cursor)
    return await log.shown(airflow, log.Try(dag_id, run_id, task_id, map_index, try_number), asked)


@server.tool(long=True)
@authorize_tool(policy="change")
@requires_approval(asking.trigger)
async def trigger_run(
    airflow: Airflow,
    dag_id: DagId,
    conf: Conf | None = None,
    logical_date: Moment = "",
    key: Key = "",
    note: Annotated[str, Field(max_length=500)] = "",
) -> Changed:
    """Start a run. A person is asked, with what it would do. Never unpauses a DAG."""
    return await changing.trigger(airflow, changing.Start(dag_id, conf or {}, logical_date, key, note))


@server.tool(long=True)
@authorize_tool(policy="change")
@requires_approval(asking.clear)
async def clear_tasks(
    airflow: Airflow,
    dag_id: DagId,
    run_id: RunId,
    task_ids: Annotated[list[TaskId], Field(max_length=50, description="All if empty.")] = [],  # noqa: B006  # a schema's default
    only_failed: bool = True,
    downstream: bool = False,
) -> Changed:
    """Clear tasks of a run so that they run again. A person is asked, with the list of a dry run."""
    return await changing.clear(airflow, changing.Clear(dag_id, run_id, tuple(task_ids), only_failed, downstream))


@server.tool(long=True)
@authorize_tool(policy="change")
@requires_approval(asking.pause)
async def set_paused(airflow: Airflow, dag_id: DagId, paused: bool) -> Changed:
    """Pause a DAG or let it go on. A person is asked, with the run that it would affect next."""
    return await changing.pause(airflow, dag_id, paused)


@server.prompt()
@authorize_tool(policy="browse")
async def last_night(dag_id: str) -> str:
    """How to get from a failed run to a rerun that is safe."""
    return (
        f"Find out why the last run of the Airflow DAG {dag_id} failed. Call diagnose_run first and quote the error "
        "lines. Follow its references to Spark applications and Trino queries with those servers' tools. Say what "
        "changed since the last success. Only if the cause is gone, offer clear_tasks for the failed task alone."
    )
