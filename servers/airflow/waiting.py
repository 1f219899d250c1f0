"""Why a run does not get on: a decision list over what Airflow already tells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from servers.airflow.answers import counted, moment
from servers.airflow.shapes import DagDetails, Health, Hitl, Pool, Run, TaskInstance

_DONE = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why something waits, and what would end that."""

    cause: str
    said: str
    next: str
    task: TaskInstance | None = None
    question: Hitl | None = None
    """What a task asks people."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that the decision rests on."""

    dag: DagDetails
    run: Run
    instances: Sequence[TaskInstance]
    pools: Sequence[Pool]
    questions: Sequence[Hitl]
    health: Health | None


def why(seen: Seen) -> Reason:
    """The first reason that holds, in the order in which one hides the next."""
    tests = (_scheduler, _paused, _too_many_runs, _human, _pool, _sensor, _deferred, _retry, _queued, _running)
    for test in tests:
        if (reason := test(seen)) is not None:
            return reason
    return Reason(cause="unknown", said="Nothing that Airflow tells explains it.", next="Ask again in a minute.")


def _scheduler(seen: Seen) -> Reason | None:
    if seen.health is None or seen.health.scheduler.status == "healthy":
        return None
    said = f"Airflow's scheduler is {seen.health.scheduler.status or 'not there'}: nothing begins anywhere."
    return Reason(cause="scheduler_down", said=said, next="Tell Airflow's operators.")


def _paused(seen: Seen) -> Reason | None:
    if not seen.dag.is_paused:
        return None
    said = f"{seen.dag.dag_id} is paused: none of its tasks begins."
    return Reason(cause="paused", said=said, next="set_paused lets it go on, if its owner agrees.")


def _too_many_runs(seen: Seen) -> Reason | None:
    most, active = seen.dag.max_active_runs, seen.dag.active_runs_count
    if seen.run.state != "queued" or not most or active < most:
        return None
    said = f"{counted(active, 'run')} of it {'is' if active == 1 else 'are'} active, and at most {most} may be."
    return Reason(cause="max_active_runs", said=said, next="list_runs with state=running shows what is in the way.")


def _human(seen: Seen) -> Reason | None:
    open_ = [one for one in seen.questions if not one.response_received]
    if not open_:
        return None
    asked = open_[0].task_instance
    task = next(
        (one for one in seen.instances if (one.task_id, one.map_index) == (asked.task_id, asked.map_index)), None
    )
    more = f" {counted(len(open_) - 1, 'more question')}." if len(open_) > 1 else ""
    said = f"A task asks people: {open_[0].subject} ({', '.join(open_[0].options)}).{more}"
    answer = "A person answers it on Airflow's own page; an agent never does."
    return Reason(cause="human", said=said, task=task, question=open_[0], next=answer)


def _pool(seen: Seen) -> Reason | None:
    full = {pool.name: pool for pool in seen.pools if pool.slots >= 0 and pool.open_slots <= 0}
    for task in seen.instances:
        if task.state in ("scheduled", "queued") and (pool := full.get(task.pool)):
            said = f"{task.name} wants a slot of the pool {pool.name}, which has {pool.slots} and none is open."
            return Reason(
                cause="pool_full", said=said, task=task, next="Its owner or Airflow's operators give it slots."
            )
    return None


def _sensor(seen: Seen) -> Reason | None:
    if (task := _one_of(seen.instances, "up_for_reschedule")) is None:
        return None
    said = f"{task.name} ({task.operator_name}) waits for something outside, since {moment(task.start_date)}."
    return Reason(cause="sensor", said=said, task=task, next="get_task_log with mode=tail shows what it waits for.")


def _deferred(seen: Seen) -> Reason | None:
    if (task := _one_of(seen.instances, "deferred")) is None:
        return None
    said = f"{task.name} ({task.operator_name}) waits for a trigger, since {moment(task.start_date)}."
    return Reason(cause="deferred", said=said, task=task, next="get_task_log with mode=tail shows what it waits for.")


def _retry(seen: Seen) -> Reason | None:
    if (task := _one_of(seen.instances, "up_for_retry")) is None:
        return None
    said = f"{task.name} failed on try {task.try_number} of {task.max_tries + 1} and will be tried again."
    return Reason(cause="retry", said=said, task=task, next="get_task_log shows why that try failed.")


def _queued(seen: Seen) -> Reason | None:
    if (task := _one_of(seen.instances, "queued", "scheduled")) is None:
        return None
    since = moment(task.queued_when or task.scheduled_when)
    said = f"{task.name} waits for an executor's slot since {since}."
    return Reason(cause="executor_full", said=said, task=task, next="list_runs with state=running shows what runs.")


def _running(seen: Seen) -> Reason | None:
    if task := _one_of(seen.instances, "running", "restarting"):
        said = f"{task.name} runs since {moment(task.start_date)}."
        return Reason(cause="running", said=said, task=task, next="get_task_log with mode=tail shows how far it is.")
    if seen.run.state == "queued":
        return Reason(cause="queued", said="It has not begun yet.", next="Ask again in a minute.")
    waiting = [one.name for one in seen.instances if one.state not in _DONE]
    said = f"Nothing runs; {counted(len(waiting), 'task')} wait for those before them: {', '.join(waiting[:5])}."
    return Reason(cause="between_tasks", said=said, next="Ask again in a minute.")


def _one_of(instances: Iterable[TaskInstance], *states: str) -> TaskInstance | None:
    return next((one for one in instances if one.state in states), None)
