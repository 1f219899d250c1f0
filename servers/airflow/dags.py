"""One DAG, shown by what is asked of it."""

from typing import Literal

from platform_core import Untrusted
from platform_core.references import airflow_run
from platform_core.telemetry.redaction import redact
from servers.airflow.answers import Text, moment, span
from servers.airflow.api import at
from servers.airflow.graph import adjacency
from servers.airflow.session import Session, start_of
from servers.airflow.shapes import AssetEvents, DagDetails, Run, Source

_SOURCE = 6_000
"""Characters of one page of a source."""


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
