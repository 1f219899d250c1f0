"""One run, judged: what failed first and why, or what it waits for, in at most eight requests."""

from collections.abc import Sequence
from datetime import UTC, datetime

from platform_core import NotFound, Unavailable, Untrusted
from platform_core.references import airflow_run
from servers.airflow import extract, log, waiting
from servers.airflow.answers import Diagnosis, moment, span
from servers.airflow.api import at
from servers.airflow.graph import ordered
from servers.airflow.lines import Gone, TooLong
from servers.airflow.log import Try
from servers.airflow.session import STUCK, Session, together
from servers.airflow.shapes import (
    AssetEvent,
    AssetEvents,
    DagDetails,
    Health,
    Hitl,
    Hitls,
    Pools,
    Run,
    TaskInstance,
    TaskInstances,
    Tasks,
)
from servers.airflow.since import changes
from servers.airflow.waiting import Reason

_LOOKED_AT = 30
"""Runs among which the latest that failed or is stuck is looked for, and the last success."""
_INSTANCES = 500
_ALSO = 8
_LAST = datetime.max.replace(tzinfo=UTC)


async def diagnose(airflow: Session, dag_id: str, run_id: str) -> Diagnosis:
    """Judge one run; without an id the latest that failed or does not get on."""
    async with together() as asking:
        about = asking.create_task(airflow.dag(dag_id))
        newest = asking.create_task(airflow.newest(dag_id, limit=_LOOKED_AT))
        named = asking.create_task(airflow.run(dag_id, run_id)) if run_id else None
    dag, recent = about.result(), newest.result()
    run = named.result() if named else _the_one(dag, recent)
    if run.state in STUCK:
        return await _waits(airflow, dag, run)
    if run.state == "failed":
        return await _failed(airflow, dag, run, recent)
    said = f"It succeeded, in {span(run.duration or 0)}."
    return _answer(run, cause="none", said=said, next="list_runs shows whether it took longer than usual.")


async def _failed(airflow: Session, dag: DagDetails, run: Run, recent: Sequence[Run]) -> Diagnosis:
    async with together() as asking:
        failing = asking.create_task(
            airflow.instances(dag.dag_id, run.dag_run_id, limit=_INSTANCES, state=["failed", "upstream_failed"])
        )
        graph = asking.create_task(airflow.tasks(dag.dag_id))
        writing = asking.create_task(_written(airflow, run))
    found, tasks = failing.result().task_instances, graph.result()
    changed = changes(run, recent, writing.result())
    failed = _in_order([one for one in found if one.state == "failed"], tasks)
    if not failed:
        said = "No task of it failed: somebody may have marked the run as failed."
        return _answer(run, cause="marked_failed", said=said, next="Ask its owner.", changed=changed)
    first = failed[0]
    async with together() as asking:
        history = asking.create_task(_tries(airflow, first))
        reading = asking.create_task(_errors(airflow, first))
    errors, missing = reading.result()
    return _answer(
        run,
        cause="task_failed",
        task=first,
        said=extract.told(errors) if errors else None,
        tries=history.result(),
        also=[one.name for one in failed[1 : _ALSO + 1] if one.task_id != first.task_id or one.map_index >= 0],
        echoes=sum(one.state == "upstream_failed" for one in found),
        changed=changed,
        references=errors.references if errors else [],
        unavailable=missing,
        next=_advice(dag, first, errors),
    )


async def _waits(airflow: Session, dag: DagDetails, run: Run) -> Diagnosis:
    async with together() as asking:
        here = asking.create_task(airflow.instances(dag.dag_id, run.dag_run_id, limit=_INSTANCES))
        pools = asking.create_task(airflow.get("pools", Pools, limit=100))
        asked = asking.create_task(airflow.get(at("dags", dag.dag_id, "dagRuns", run.dag_run_id, "hitlDetails"), Hitls))
        health = asking.create_task(_health(airflow))
    seen = waiting.Seen(
        dag=dag, run=run, instances=here.result().task_instances, pools=pools.result().pools,
        questions=asked.result().hitl_details, health=health.result(),
    )  # fmt: skip
    reason = waiting.why(seen)
    missing = [] if seen.health else ["whether the scheduler is well"]
    page = _page(airflow, run, reason.question) if reason.question else None
    return _answer(
        run, cause=reason.cause, task=reason.task, said=_since(run, reason), next=reason.next, page=page,
        unavailable=missing,
    )  # fmt: skip


def _the_one(dag: DagDetails, recent: Sequence[Run]) -> Run:
    """The latest that failed or is stuck; a success after it means that nothing is wrong any more."""
    for run in recent:
        if run.state in (*STUCK, "failed"):
            return run
    if recent:
        return recent[0]
    paused = " It is paused." if dag.is_paused else ""
    upcoming = moment(dag.next_dagrun_run_after) or "a trigger"
    raise NotFound(f"{dag.dag_id} has never run.{paused} Its next run is after {upcoming}.")


def _in_order(failed: list[TaskInstance], tasks: Tasks) -> list[TaskInstance]:
    """By the place in the graph, then by time: the first cause comes first."""
    place = ordered(tasks.tasks)
    return sorted(failed, key=lambda one: (place.get(one.task_id, len(place)), one.end_date or _LAST, one.map_index))


async def _written(airflow: Session, run: Run) -> Sequence[AssetEvent]:
    """What was written to the assets that started the run."""
    if run.run_type != "asset_triggered":
        return ()
    path = at("dags", run.dag_id, "dagRuns", run.dag_run_id, "upstreamAssetEvents")
    return (await airflow.get(path, AssetEvents)).asset_events


async def _tries(airflow: Session, task: TaskInstance) -> list[str]:
    path = [*_path(task), "tries"] if task.map_index < 0 else [*_path(task), str(task.map_index), "tries"]
    found = (await airflow.get(at(*path), TaskInstances)).task_instances
    took = [f"{one.try_number} {one.state}{f' after {span(one.duration)}' if one.duration else ''}" for one in found]
    return took[-5:]


async def _errors(airflow: Session, task: TaskInstance) -> tuple[extract.Errors | None, list[str]]:
    """The errors of the last try, or why there is no log of it."""
    wanted = Try(task.dag_id, task.dag_run_id, task.task_id, task.map_index, task.try_number)
    try:
        async with log.opened(airflow, wanted, task.try_number) as lines:
            return await extract.errors(lines), []
    except (NotFound, Unavailable) as error:
        return None, [f"the log of try {task.try_number}: {error}"]
    except Gone as gone:
        return None, [f"the log of try {task.try_number}: Airflow keeps nothing of it; it looked here: {gone}"]
    except TooLong:
        return None, [f"the log of try {task.try_number}: longer than this server reads"]


async def _health(airflow: Session) -> Health | None:
    try:
        return await airflow.get("monitor/health", Health)
    except Unavailable:
        return None


def _path(task: TaskInstance) -> list[str]:
    return ["dags", task.dag_id, "dagRuns", task.dag_run_id, "taskInstances", task.task_id]


def _page(airflow: Session, run: Run, asked: Hitl) -> str:
    settings, task = airflow.person.settings, asked.task_instance
    place = at("dags", run.dag_id, "runs", run.dag_run_id, "tasks", task.task_id, "required_actions")
    return f"{settings.page or settings.url}/{place}?map_index={task.map_index}"


def _since(run: Run, reason: Reason) -> str:
    began = run.start_date or run.queued_at or run.run_after
    return f"{reason.said} The run is {run.state} since {moment(began)} UTC."


def _advice(dag: DagDetails, task: TaskInstance, errors: extract.Errors | None) -> str:
    index = f", map_index={task.map_index}" if task.map_index >= 0 else ""
    links = " Look at its references first." if errors and errors.references else ""
    return (
        f"get_task_log with task_id={task.task_id}{index} shows more.{links} When the cause is gone, clear_tasks "
        f"reruns it; its owner is {', '.join(dag.owners) or 'unknown'}."
    )


def _answer(
    run: Run,
    *,
    cause: str,
    next: str,
    said: str | None = None,
    task: TaskInstance | None = None,
    tries: Sequence[str] = (),
    also: Sequence[str] = (),
    echoes: int = 0,
    changed: Sequence[str] = (),
    references: Sequence[str] = (),
    page: str | None = None,
    unavailable: Sequence[str] = (),
) -> Diagnosis:
    return Diagnosis(
        run=airflow_run(run.dag_id, run.dag_run_id),
        state=run.state,
        cause=cause,
        task=task.name if task else None,
        try_number=task.try_number or None if task else None,
        said=Untrusted(said) if said else None,
        tries=list(tries),
        also=list(also),
        echoes=echoes,
        changed=[Untrusted(change) for change in changed],
        references=list(references),
        page=page,
        unavailable=list(unavailable),
        next=next,
    )
