"""DAGs found: a page of Airflow's list, each with its last run, in few requests however long the list is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from platform_core.telemetry.redaction import redact
from servers.airflow.answers import PAGE, Rows, Value, moment, table, uncounted
from servers.airflow.api import at
from servers.airflow.session import Session, start_of
from servers.airflow.shapes import Dag, ImportFailures, Run, Runs

_LIST = 100
"""DAGs of one request, which is the most that Airflow gives unless its operator says otherwise."""
_MOST_LISTS = 4
_RUNS = 500
_MOST_REQUESTS = 5
"""Of one answer: lists of DAGs, and last runs."""
_LAST_RUN = {"failing": "failed", "running": "running"}
_COLUMNS = ("dag_id", "owner", "schedule", "paused", "last_run", "ended", "next_run")
_OLDER = "; Airflow's newest runs do not reach back to each last run, list_runs shows the older ones"
_TRACE = 280
"""Characters of the end of a trace, where the reason stands."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """DAGs that are wanted, each with its place in Airflow's list."""

    dags: list[tuple[int, Dag]]
    following: int | None
    """The place at which the list goes on."""
    total: int
    age: float
    requests: int


@dataclass(frozen=True, kw_only=True)
class LastRuns:
    """The last run of each DAG that has one."""

    known: Mapping[str, Run]
    older: frozenset[str]
    """DAGs whose last run was not reached."""


async def find(airflow: Session, text: str, tag: str, state: str, cursor: str) -> Rows:
    """DAGs that the person may see, by name; a cursor is a place in Airflow's list, so that no page needs another."""
    start, run_state = start_of(cursor), _LAST_RUN.get(state)
    judged_here = run_state is not None and not airflow.api.filters_by_last_run
    asked = _filters(text, tag, state, "" if judged_here else run_state)

    def wanted(dag: Dag) -> bool:
        # To Airflow `_` and `%` stand for anything.
        return airflow.person.may_see(dag.dag_id) and text.lower() in dag.dag_id.lower()

    listed = await _listed(airflow, asked, start, wanted, _LIST * _MOST_LISTS if judged_here else PAGE)
    found = listed.dags if judged_here else listed.dags[: PAGE + 1]
    last = await _last_runs(airflow, [dag.dag_id for _, dag in found], _MOST_REQUESTS - listed.requests)
    if judged_here:
        found = [(place, dag) for place, dag in found if _state(last, dag) == run_state]
    following = found[PAGE][0] if len(found) > PAGE else listed.following
    note = f"DAGs{f', as of {listed.age:.0f} s ago' if listed.age >= 1 else ''}{_OLDER if last.older else ''}"
    rows = [_row(dag, last) for _, dag in found[:PAGE]]
    if airflow.person.sees_all and not text and not judged_here:
        return table(note, _COLUMNS, rows, total=listed.total, start=start)
    return table(note, _COLUMNS, rows, total=len(rows)).model_copy(
        update={"next_cursor": None if following is None else str(following)}
    )


async def import_errors(airflow: Session, cursor: str) -> Rows:
    """Files that could not be imported, with the end of each trace; whose they are is known by their names alone."""
    start = start_of(cursor)
    found = await airflow.get("importErrors", ImportFailures, limit=PAGE, offset=start, order_by="-timestamp")
    seen = [one for one in found.import_errors if airflow.person.may_see(PurePath(one.filename).stem)]
    rows = [(one.filename, moment(one.timestamp), redact(one.stack_trace.strip()[-_TRACE:])) for one in seen]
    shown = table("Files without a DAG", ("file", "since", "trace"), rows, total=found.total_entries, start=start)
    return shown if airflow.person.sees_all else uncounted(shown, start + PAGE, found.total_entries)


def _filters(text: str, tag: str, state: str, run_state: str | None) -> Mapping[str, str | None]:
    """What Airflow itself leaves out."""
    return {
        "paused": "true" if state == "paused" else None,
        "last_dag_run_state": run_state,
        "tags": tag,
        "dag_id_pattern": f"%{text}%" if text else None,
    }


async def _listed(
    airflow: Session, asked: Mapping[str, str | None], start: int, wanted: Callable[[Dag], bool], enough: int
) -> Listed:
    """More than `enough` of the wanted DAGs from place `start` on, or as many as the requests of one answer reach."""
    place = start - start % _LIST  # where others began too, so that what is kept serves all
    found: list[tuple[int, Dag]] = []
    age, requests = 0.0, 0
    while True:
        part, old = await airflow.catalogue.page(airflow, limit=_LIST, offset=place, order_by="dag_id", **asked)
        found += [each for each in enumerate(part.dags, place) if each[0] >= start and wanted(each[1])]
        # Airflow may give fewer than were asked for: its operator sets the most.
        place, age, requests = place + len(part.dags), max(age, old), requests + (not old)
        ended = not part.dags or place >= part.total_entries
        if ended or len(found) > enough or requests == _MOST_LISTS:
            following = None if ended else place
            return Listed(dags=found, following=following, total=part.total_entries, age=age, requests=requests)


async def _last_runs(airflow: Session, dag_ids: list[str], requests: int) -> LastRuns:
    """The newest runs of all, then of those that they did not reach."""
    known: dict[str, Run] = {}
    missing = frozenset(dag_ids)
    while missing and requests:
        found = await airflow.api.look_up(
            airflow.person, at("dags", "~", "dagRuns", "list"), Runs, dag_ids=sorted(missing), order_by="-run_after",
            page_limit=_RUNS,
        )  # fmt: skip
        for run in found.dag_runs:
            known.setdefault(run.dag_id, run)
        requests -= 1
        missing -= known.keys()
        if len(found.dag_runs) >= (found.total_entries or 0):
            return LastRuns(known=known, older=frozenset())
    return LastRuns(known=known, older=missing)


def _state(last: LastRuns, dag: Dag) -> str | None:
    run = last.known.get(dag.dag_id)
    return run.state if run else None


def _row(dag: Dag, last: LastRuns) -> list[Value]:
    run = last.known.get(dag.dag_id)
    said = f"{run.state} {run.dag_run_id}" if run else ("older" if dag.dag_id in last.older else None)
    return [
        dag.dag_id, " ".join(dag.owners), dag.timetable_summary or "by hand", dag.is_paused, said,
        moment(run.end_date) if run else None, moment(dag.next_dagrun_run_after),
    ]  # fmt: skip
