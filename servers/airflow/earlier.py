"""Airflow 2.11 in the words of Airflow 3: read by `/api/v1`, never changed."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

import httpx2
import msgspec

from servers.airflow.api import Api, at
from servers.airflow.persons import Person
from servers.airflow.shapes import AssetEvents, Dag, DagDetails, Dags, Hitls, Run, Runs, Source, TaskInstance
from servers.airflow.shapes import TaskInstances as Instances

T = TypeVar("T")
Said = dict[str, Any]
_PATHS = {"monitor/health": "health", "assets/events": "datasets/events"}
_ASKED = {"run_after_gte": "execution_date_gte"}


class Earlier(Api):
    """The same questions, asked and answered as Airflow 2 knows them."""

    read_only = "This is Airflow 2, which is only read from here: ask the DAG's owner to change it in Airflow itself."
    log_type = "text/plain"
    filters_by_last_run = False

    async def get(self, person: Person, path: str, shape: type[T], **asked: Any) -> T:
        if shape is Hitls:  # nobody is asked by a task of Airflow 2
            return msgspec.convert({"hitl_details": []}, shape)
        if shape is Source:
            return msgspec.convert({"content": await self._source(person, path)}, shape)
        said = await self._asked(person, path, asked)
        if shape is DagDetails:  # which leave the owners out
            said |= {"owners": (await super().get(person, path.removesuffix("/details"), Dag)).owners}
        if shape is Instances and (wanted := asked.get("task_id")):
            said["task_instances"] = [one for one in said["task_instances"] if one["task_id"] == wanted]
        return _told(said, shape)

    async def look_up(self, person: Person, path: str, shape: type[T], **body: Any) -> T:
        return _told(await super().look_up(person, path, Said, **_in_its_words(body)), shape)

    @asynccontextmanager
    async def lines(self, person: Person, path: str, **asked: Any) -> AsyncGenerator[httpx2.Response]:
        # It follows its own continuation tokens where the whole is asked for as text.
        async with super().lines(person, path, full_content="true", **asked) as answer:
            yield answer

    async def _asked(self, person: Person, path: str, asked: Mapping[str, Any]) -> Said:
        known = {name: value for name, value in asked.items() if name != "task_id"}
        return await super().get(person, _PATHS.get(path, path), Said, **_in_its_words(known))

    async def _source(self, person: Person, path: str) -> str:
        dag_id = path.removeprefix("dagSources/")
        token = (await super().get(person, f"dags/{dag_id}", Said))["file_token"]
        return str((await super().get(person, at("dagSources", token), Said))["content"])


def _in_its_words(asked: Mapping[str, Any]) -> Said:
    known = {_ASKED.get(name, name): value for name, value in asked.items()}
    if "order_by" in known:
        known["order_by"] = known["order_by"].replace("run_after", "execution_date")
    return known


def _told(said: Said, shape: type[T]) -> T:
    """What Airflow 2 said, as Airflow 3 would have."""
    retell = _RETOLD.get(cast("type", shape))
    return msgspec.convert(retell(said) if retell else said, shape)


def _dag(said: Said) -> Said:
    schedule: Said = said.get("schedule_interval") or {}
    return said | {
        "timetable_summary": schedule.get("value"),
        "next_dagrun_run_after": said.get("next_dagrun_create_after"),
    }


def _run(said: Said) -> Said:
    """Airflow 2 keeps neither how long a run took nor who started it."""
    start, end = said.get("start_date"), said.get("end_date")
    took = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() if start and end else None
    return said | {"run_after": said.get("data_interval_end") or said["execution_date"], "duration": took}


def _instance(said: Said) -> Said:
    return said | {"operator_name": said.get("operator")}


def _every(name: str, retell: Callable[[Said], Said]) -> Callable[[Said], Said]:
    return lambda said: said | {name: [retell(one) for one in said[name]]}


def _events(said: Said) -> Said:
    return {"asset_events": [one | {"uri": one.get("dataset_uri")} for one in said["dataset_events"]]}


_RETOLD: Mapping[type, Callable[[Said], Said]] = {
    Dag: _dag, DagDetails: _dag, Dags: _every("dags", _dag),
    Run: _run, Runs: _every("dag_runs", _run),
    TaskInstance: _instance, Instances: _every("task_instances", _instance),
    AssetEvents: _events,
}  # fmt: skip
