"""What is different from the last run that succeeded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from platform_core.references import airflow_run
from platform_core.telemetry.redaction import redact
from servers.airflow.answers import moment
from servers.airflow.shapes import AssetEvent, Run

_SHOWN = 4
_VALUE = 80


def changes(run: Run, recent: Sequence[Run], written: Sequence[AssetEvent] = ()) -> list[str]:
    """Version of the DAG, kind of run, conf and assets, against the last success before it."""
    good = next((one for one in recent if one.state == "success" and one.run_after < run.run_after), None)
    if good is None:
        return ["no success before it among the runs that were looked at"]
    found = [*_differences(good, run), *_assets(written)]
    return [redact(line) for line in found] or [f"nothing that Airflow knows of, since {_named(good)}"]


def _differences(good: Run, run: Run) -> Iterator[str]:
    if good.version != run.version:
        yield f"the DAG's code: version {good.version} in {_named(good)}, {run.version} now"
    if good.run_type != run.run_type:
        yield f"how it was started: {good.run_type} then, {run.run_type} now"
    yield from _conf(good.conf or {}, run.conf or {})


def _conf(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    differing = [name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)]
    for name in differing[:_SHOWN]:
        yield f"conf {name}: {_short(before.get(name))} then, {_short(now.get(name))} now"
    if len(differing) > _SHOWN:
        yield f"{len(differing) - _SHOWN} more values of conf"


def _assets(written: Sequence[AssetEvent]) -> Iterator[str]:
    """What started the run was written after the run before it began."""
    for one in written[:_SHOWN]:
        by = f" by {airflow_run(one.source_dag_id, one.source_run_id or '')}" if one.source_dag_id else ""
        yield f"asset {one.uri}: written {moment(one.timestamp)}{by}"
    if len(written) > _SHOWN:
        yield f"{len(written) - _SHOWN} more assets"


def _named(run: Run) -> str:
    return f"{run.dag_run_id} of {moment(run.run_after)}"


def _short(value: object) -> str:
    return repr(value)[:_VALUE]
