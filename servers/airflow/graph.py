"""The graph of a DAG: in which order its tasks come, and what hangs on which."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from servers.airflow.shapes import Task

_MOST = 150
"""Tasks that a text shows."""


def ordered(tasks: Iterable[Task]) -> Mapping[str, int]:
    """The place of each task in the order in which they may run."""
    tasks = list(tasks)
    sorter: TopologicalSorter[str] = TopologicalSorter({task.task_id: () for task in tasks})
    for task in tasks:
        for after in task.downstream_task_ids:
            sorter.add(after, task.task_id)
    try:
        return {name: place for place, name in enumerate(sorter.static_order())}
    except CycleError:  # Airflow refuses such a DAG; a broken answer is no reason to fail
        return {task.task_id: place for place, task in enumerate(tasks)}


def adjacency(tasks: Iterable[Task]) -> str:
    """One line a task, in the order in which they may run."""
    tasks = list(tasks)
    place = ordered(tasks)
    lines = [_line(task) for task in sorted(tasks, key=lambda task: place[task.task_id])]
    rest = [f"... and {len(lines) - _MOST} more tasks"] if len(lines) > _MOST else []
    return "\n".join(lines[:_MOST] + rest)


def _line(task: Task) -> str:
    facts = [
        task.operator_name or "",
        "mapped" if task.is_mapped else "",
        f"{task.retries:g} retries" if task.retries else "",
        f"pool {task.pool}" if task.pool != "default_pool" else "",
        f"runs when {task.trigger_rule}" if task.trigger_rule != "all_success" else "",
    ]
    after = f" -> {', '.join(sorted(task.downstream_task_ids))}" if task.downstream_task_ids else ""
    return f"{task.task_id} ({', '.join(filter(None, facts))}){after}"
