"""DAGs: found, and shown one by one."""

from pathlib import PurePath
from typing import Literal

from platform_core import Untrusted
from platform_core.references import airflow_run
from platform_core.telemetry.redaction import redact
from servers.airflow.answers import PAGE, Rows, Text, Value, moment, span, table, uncounted
from servers.airflow.api import at
from servers.airflow.graph import adjacency
from servers.airflow.session import Session, start_of
from servers.airflow.shapes import AssetEvents, Dag, DagDetails, ImportFailures, Run, Runs, Source

_PAGE = 100
"""DAGs of one request, which is the most that Airflow gives unless its operator says otherwise."""
_MOST_PAGES = 4
_LAST_RUN = {"failing": "failed", "running": "running"}
_COLUMNS = ("dag_id", "owner", "schedule", "paused", "last_run", "ended", "next_run")
_CUT = ", the first by name: there are more, give a part of the id, a tag or a state"
_TRACE = 280
"""Characters of the end of a trace, where the reason stands."""
_SOURCE = 6_000
"""Characters of one page of a source."""


async def find(airflow: Session, text: str, tag: str, state: str, cursor: str) -> Rows:
    """DAGs that the person may see, with their last run: at most five requests, however many DAGs there are."""
    start = start_of(cursor)
    asked = {
        "paused": {"paused": "true"}.get(state),
        "last_dag_run_state": _LAST_RUN.get(state) if airflow.api.filters_by_last_run else None,
        "tags": tag or None,
        "dag_id_pattern": f"%{text}%" if text else None,
    }
    known, age, all_ = await _known(airflow, {name: value for name, value in asked.items() if value})
    # To Airflow `_` and `%` stand for anything.
    wanted = [dag for dag in known if airflow.person.may_see(dag.dag_id) and text.lower() in dag.dag_id.lower()]
    if state in _LAST_RUN and not airflow.api.filters_by_last_run:
        last = await _last_runs(airflow, [dag.dag_id for dag in wanted])
        wanted = [dag for dag in wanted if dag.dag_id in last and last[dag.dag_id].state == _LAST_RUN[state]]
    shown = wanted[start : start + PAGE]
    last = await _last_runs(airflow, [dag.dag_id for dag in shown])
    note = f"DAGs{f', as of {age:.0f} s ago' if age >= 1 else ''}{'' if all_ else _CUT}"
    return table(note, _COLUMNS, [_row(dag, last.get(dag.dag_id)) for dag in shown], total=len(wanted), start=start)


async def import_errors(airflow: Session, cursor: str) -> Rows:
    """Files that could not be imported, with the end of each trace; whose they are is known by their names alone."""
    start = start_of(cursor)
    found = await airflow.get("importErrors", ImportFailures, limit=PAGE, offset=start, order_by="-timestamp")
    seen = [one for one in found.import_errors if airflow.person.may_see(PurePath(one.filename).stem)]
    rows = [(one.filename, moment(one.timestamp), redact(one.stack_trace.strip()[-_TRACE:])) for one in seen]
    shown = table("Files without a DAG", ("file", "since", "trace"), rows, total=found.total_entries, start=start)
    return shown if airflow.person.sees_all else uncounted(shown, start + PAGE, found.total_entries)


async def show(
    airflow: Session, dag_id: str, include: Literal["tasks", "source", "recent_runs", "assets"], cursor: str
) -> Text:
    """One DAG, by what is asked of it."""
    start = start_of(cursor)
    dag = await airflow.dag(dag_id)
    match include:
        case "tasks":
            tasks = (await airflow.tasks(dag_id)).tasks
            return Text(note=_note(dag), text=Untrusted(f"{_about(dag)}\nTasks:\n{adjacency(tasks)}"))
        case "source":
            source = (await airflow.get(at("dagSources", dag_id), Source)).content or ""
            end = start + _SOURCE
            rest = str(end) if end < len(source) else None
            return Text(
                note=_note(dag), text=Untrusted(redact(source[start:end])), truncated=bool(rest), next_cursor=rest
            )
        case "recent_runs":
            runs = await airflow.newest(dag_id, limit=10)
            return Text(note=_note(dag), text=Untrusted("\n".join(map(_run_line, runs)) or "no runs yet"))
        case "assets":
            events = await airflow.get("assets/events", AssetEvents, source_dag_id=dag_id, limit=20)
            lines = [f"{moment(one.timestamp)} {one.uri} by {one.source_run_id}" for one in events.asset_events]
            return Text(note=_note(dag), text=Untrusted("\n".join(lines) or "no asset was written by it"))


async def _known(airflow: Session, asked: dict[str, str]) -> tuple[list[Dag], float, bool]:
    """DAGs by name, the age of the list, and whether these are all."""
    known: list[Dag] = []
    age = 0.0
    asked_for = 0
    while asked_for < _MOST_PAGES:
        # Airflow may give fewer than were asked for: its operator sets the most.
        found, old = await airflow.catalogue.page(airflow, limit=_PAGE, offset=len(known), order_by="dag_id", **asked)
        known += found.dags
        age = max(age, old)
        asked_for += not old  # what is kept costs no request, so the next page of an answer sees further
        if len(known) >= found.total_entries or not found.dags:
            return known, age, True
    return known, age, False


async def _last_runs(airflow: Session, dag_ids: list[str]) -> dict[str, Run]:
    if not dag_ids:
        return {}
    found = await airflow.api.look_up(
        airflow.person, at("dags", "~", "dagRuns", "list"), Runs, dag_ids=dag_ids, order_by="-run_after", page_limit=500
    )
    last: dict[str, Run] = {}
    for run in found.dag_runs:
        last.setdefault(run.dag_id, run)
    return last


def _row(dag: Dag, last: Run | None) -> list[Value]:
    return [
        dag.dag_id, " ".join(dag.owners), dag.timetable_summary or "by hand", dag.is_paused,
        f"{last.state} {last.dag_run_id}" if last else None, moment(last.end_date) if last else None,
        moment(dag.next_dagrun_run_after),
    ]  # fmt: skip


def _note(dag: DagDetails) -> str:
    version = f", version {dag.latest_dag_version.version_number}" if dag.latest_dag_version else ""
    return f"{airflow_run(dag.dag_id)} {'paused' if dag.is_paused else 'active'}{version}"


def _about(dag: DagDetails) -> str:
    schedule = dag.timetable_description or dag.timetable_summary or "by hand"
    parts = [
        f"Owner: {', '.join(dag.owners)}", f"Schedule: {schedule}",
        f"At most {dag.max_active_runs} runs at once, {dag.active_runs_count} now",
        *([f"About: {dag.doc_md.strip()[:600]}"] if dag.doc_md else []),
        *([f"Next run after: {moment(dag.next_dagrun_run_after)}"] if dag.next_dagrun_run_after else []),
    ]  # fmt: skip
    params = [f"  {name}: {one.schema} = {one.value!r}" for name, one in dag.params.items()]
    return redact("\n".join([*parts, *(["Parameters:", *params] if params else [])]))


def _run_line(run: Run) -> str:
    took = span(run.duration) if run.duration is not None else "-"
    return f"{run.dag_run_id} {run.state}, {moment(run.run_after)}, {took}, {run.run_type}, version {run.version}"
