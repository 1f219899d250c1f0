"""Changes, each written once: what a person said yes to and nothing beside it."""

import uuid
from dataclasses import dataclass
from typing import Any

from platform_core import Denied, Invalid, began, the_call
from platform_core.references import airflow_run
from servers.airflow.answers import Changed, counted, moment
from servers.airflow.api import Conflict, at
from servers.airflow.params import must_fit
from servers.airflow.runs import instant
from servers.airflow.session import Session
from servers.airflow.shapes import Dag, DagDetails, Run, TaskInstances

MOST_CLEARED = 200


@dataclass(frozen=True)
class Start:
    """A run that somebody wants."""

    dag_id: str
    conf: dict[str, Any]
    logical_date: str
    key: str
    note: str

    @property
    def run_id(self) -> str:
        """Made of the key, so that the same key is the same run, whoever asks and however often."""
        return f"seedbed__{self.key}" if self.key else f"seedbed__{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class Clear:
    """Tasks of a run that are to run again."""

    dag_id: str
    run_id: str
    task_ids: tuple[str, ...]
    only_failed: bool
    downstream: bool


async def changeable(airflow: Session, dag_id: str) -> DagDetails:
    """The DAG, if the person may change it."""
    if airflow.api.read_only:
        raise Denied(airflow.api.read_only)
    dag = await airflow.dag(dag_id)
    airflow.person.must_change(dag_id, dag.owners)
    return dag


async def startable(airflow: Session, dag_id: str, conf: dict[str, Any]) -> DagDetails:
    """The DAG, if the person may start it now with that `conf`."""
    dag = await changeable(airflow, dag_id)
    if dag.is_paused:
        raise Denied(
            f"{dag_id} is paused, so a run would wait for ever. set_paused lets it go on, if its owner agrees."
        )
    must_fit(conf, dag.params)
    return dag


async def trigger(airflow: Session, wanted: Start) -> Changed:
    """Start the run; a run of that key that exists already is the answer."""
    await startable(airflow, wanted.dag_id, wanted.conf)
    if the_call().approval is None:  # nobody was asked, because the run was there
        return await _there_already(airflow, wanted, wanted.run_id)
    run_id, path = wanted.run_id, at("dags", wanted.dag_id, "dagRuns")
    await began(airflow_run(wanted.dag_id, run_id))
    try:
        run = await airflow.api.write(
            airflow.person, "POST", path, Run, dag_run_id=run_id, conf=wanted.conf, note=_note(airflow, wanted.note),
            logical_date=instant(wanted.logical_date),
        )  # fmt: skip
    except Conflict:
        return await _there_already(airflow, wanted, run_id)
    reference = airflow_run(run.dag_id, run.dag_run_id)
    return Changed(reference=reference, state=run.state, note="It was started. diagnose_run says how it gets on.")


async def clear(airflow: Session, wanted: Clear) -> Changed:
    """Clear exactly what the person was shown: the tasks by name and index."""
    await changeable(airflow, wanted.dag_id)
    shown = await dry_run(airflow, wanted)
    reference = airflow_run(wanted.dag_id, wanted.run_id)
    await began(reference)
    cleared = await _clear(airflow, wanted, dry_run=False, note=_note(airflow, ""))
    tasks = sorted(one.name for one in cleared.task_instances)
    note = f"{counted(len(tasks), 'task')} cleared; the run goes on."
    if tasks != shown:
        note += " That is not what the dry run listed right before: look at the run."
    return Changed(reference=reference, state="cleared", note=note, tasks=tasks)


async def pause(airflow: Session, dag_id: str, paused: bool) -> Changed:
    """Pause the DAG or let it go on."""
    before = await changeable(airflow, dag_id)
    if before.is_paused == paused:
        return Changed(
            reference=airflow_run(dag_id), state=_paused(before), note="It was so already; nothing was changed."
        )
    await began(airflow_run(dag_id))
    dag = await airflow.api.write(airflow.person, "PATCH", at("dags", dag_id), Dag, is_paused=paused)
    upcoming = f"Its next run is after {moment(dag.next_dagrun_run_after) or 'a trigger'}."
    note = "No run of it begins now." if dag.is_paused else upcoming
    return Changed(reference=airflow_run(dag_id), state=_paused(dag), note=note)


async def dry_run(airflow: Session, wanted: Clear) -> list[str]:
    """The tasks that would be cleared, by name."""
    run = await airflow.run(wanted.dag_id, wanted.run_id)
    if unknown := await _unknown(airflow, wanted):
        raise Invalid(f"{wanted.dag_id} has no task {unknown[0]!r}; get_dag shows its tasks.")
    found = await _clear(airflow, wanted, dry_run=True)
    names = sorted(one.name for one in found.task_instances)
    if not names:
        which = "failed tasks" if wanted.only_failed else "such tasks"
        raise Invalid(f"{run.dag_run_id} is {run.state} and has no {which} to clear; nothing was changed.")
    if len(names) > MOST_CLEARED:
        raise Invalid(f"That would clear {len(names)} tasks, more than {MOST_CLEARED} at once: name `task_ids`.")
    return names


async def _clear(airflow: Session, wanted: Clear, *, dry_run: bool, **more: Any) -> TaskInstances:
    body: dict[str, Any] = {
        "dry_run": dry_run, "dag_run_id": wanted.run_id, "only_failed": wanted.only_failed,
        "include_downstream": wanted.downstream, "prevent_running_task": True,
        **({"task_ids": list(wanted.task_ids)} if wanted.task_ids else {}), **more,
    }  # fmt: skip
    path = at("dags", wanted.dag_id, "clearTaskInstances")
    if dry_run:
        return await airflow.api.look_up(airflow.person, path, TaskInstances, **body)
    return await airflow.api.write(airflow.person, "POST", path, TaskInstances, **body)


async def _unknown(airflow: Session, wanted: Clear) -> list[str]:
    if not wanted.task_ids:
        return []
    known = {task.task_id for task in (await airflow.tasks(wanted.dag_id)).tasks}
    return [name for name in wanted.task_ids if name not in known]


async def _there_already(airflow: Session, wanted: Start, run_id: str) -> Changed:
    run = await airflow.run(wanted.dag_id, run_id)
    reference = airflow_run(run.dag_id, run.dag_run_id)
    return Changed(reference=reference, state=run.state, note="It was there already; nothing was started.")


def _paused(dag: Dag) -> str:
    return "paused" if dag.is_paused else "active"


def _note(airflow: Session, said: str) -> str:
    """Who wanted it, for Airflow's own pages: there it may be a service account that acts."""
    return f"{said}\n\n" * bool(said) + f"Asked for by {airflow.person.login} through Seedbed."
