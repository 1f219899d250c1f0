"""Runs, newest first, each beside the usual duration."""

from datetime import UTC, datetime
from statistics import median

from platform_core import Invalid
from servers.airflow.answers import PAGE, Rows, Value, moment, span, table, uncounted
from servers.airflow.api import at
from servers.airflow.session import Session, start_of
from servers.airflow.shapes import Run, Runs

_COLUMNS = ("dag_id", "run_id", "state", "run_after", "interval", "took", "usual", "kind", "by")
_USUAL = 3
"""Runs that make a median worth a word."""


async def listed(airflow: Session, dag_id: str, state: str, since: str, cursor: str) -> Rows:
    """One page; the median is of the successful runs that are shown, for each DAG."""
    start = start_of(cursor)
    if dag_id:
        airflow.must_see(dag_id)
    asked = {"state": state, "run_after_gte": instant(since), "order_by": "-run_after"}
    found = await airflow.get(at("dags", dag_id or "~", "dagRuns"), Runs, limit=PAGE, offset=start, **asked)
    seen = [run for run in found.dag_runs if airflow.person.may_see(run.dag_id)]
    usual = _medians(seen)
    note = f"Runs of {dag_id}" if dag_id else "Runs"
    rows = table(note, _COLUMNS, [_row(run, usual) for run in seen], total=found.total_entries or 0, start=start)
    if dag_id or airflow.person.sees_all:
        return rows
    return uncounted(rows, start + len(found.dag_runs), found.total_entries or 0)


def instant(said: str) -> str | None:
    """An ISO date or time in UTC, where none other is named."""
    if not said:
        return None
    try:
        at_ = datetime.fromisoformat(said)
    except ValueError:
        raise Invalid(f"{said!r} is no ISO date or time, such as 2026-11-23 or 2026-11-23T06:00Z.") from None
    return (at_ if at_.tzinfo else at_.replace(tzinfo=UTC)).isoformat()


def _medians(runs: list[Run]) -> dict[str, float]:
    took: dict[str, list[float]] = {}
    for run in runs:
        if run.state == "success" and run.duration is not None:
            took.setdefault(run.dag_id, []).append(run.duration)
    return {dag_id: median(all_) for dag_id, all_ in took.items() if len(all_) >= _USUAL}


def _row(run: Run, usual: dict[str, float]) -> list[Value]:
    beside = usual.get(run.dag_id)
    interval = run.data_interval_start and f"{moment(run.data_interval_start)} to {moment(run.data_interval_end)}"
    return [
        run.dag_id, run.dag_run_id, run.state, moment(run.run_after), interval,
        span(run.duration) if run.duration is not None else None, span(beside) if beside else None,
        run.run_type, run.triggering_user_name or run.triggered_by,
    ]  # fmt: skip
