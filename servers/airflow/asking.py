"""What a person is asked before a change: what it would touch, read from Airflow at that moment."""

from typing import Any

from platform_core import Question
from platform_core.references import airflow_run
from servers.airflow import changing
from servers.airflow.answers import counted, moment
from servers.airflow.changing import Clear
from servers.airflow.runs import instant
from servers.airflow.session import Airflow
from servers.airflow.shapes import Run

_SHOWN = 6
_ACTIVE = ("queued", "running")


async def trigger(
    airflow: Airflow, dag_id: str, conf: dict[str, Any] | None, logical_date: str, key: str
) -> Question | None:
    """Nobody is asked where the run exists already: then nothing is started."""
    instant(logical_date)
    dag = await changing.startable(airflow, dag_id, conf or {})
    recent = await airflow.newest(dag_id, limit=20)
    if key and any(run.dag_run_id == f"seedbed__{key}" for run in recent):
        return None
    active = [run for run in recent if run.state in _ACTIVE]
    given = f"with {conf}" if conf else "with its own values"
    when = f" for {logical_date}" if logical_date else ""
    return Question(
        text=f"Start a run of {dag_id}{when}?",
        target=airflow_run(dag_id),
        effect=f"One run begins {given}. {_beside(active)}",
        precondition=f"version {dag.latest_dag_version.version_number if dag.latest_dag_version else 0}",
    )


async def clear(
    airflow: Airflow, dag_id: str, run_id: str, task_ids: list[str], only_failed: bool, downstream: bool
) -> Question:
    """The list of Airflow's own dry run; where it has changed after the yes, the yes is void."""
    await changing.changeable(airflow, dag_id)
    names = await changing.dry_run(airflow, Clear(dag_id, run_id, tuple(task_ids), only_failed, downstream))
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return Question(
        text=f"Clear {counted(len(names), 'task')} of {dag_id}?",
        target=airflow_run(dag_id, run_id),
        effect=f"They run again: {shown}.",
        precondition="\n".join(names),
    )


async def pause(airflow: Airflow, dag_id: str, paused: bool) -> Question | None:
    """Nobody is asked where the DAG is so already."""
    dag = await changing.changeable(airflow, dag_id)
    if dag.is_paused == paused:
        return None
    upcoming = moment(dag.next_dagrun_run_after) or "none is planned"
    now = f"{counted(dag.active_runs_count, 'run')} of it active now."
    effect = f"Its next run ({upcoming} UTC) does not begin." if paused else f"Its next run begins: {upcoming} UTC."
    return Question(
        text=f"{'Pause' if paused else 'Unpause'} {dag_id}?", target=airflow_run(dag_id), effect=f"{effect} {now}"
    )


def _beside(active: list[Run]) -> str:
    if not active:
        return "No other run of it is active."
    return f"{counted(len(active), 'run')} of it active already: {', '.join(run.dag_run_id for run in active[:3])}."
