"""What the judgement rests on: order, waiting, what changed, who may, and which parameters fit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_core import Denied, Invalid
from servers.airflow.graph import adjacency, ordered
from servers.airflow.params import must_fit
from servers.airflow.persons import Person
from servers.airflow.settings import AirflowSettings
from servers.airflow.shapes import DagDetails, DagVersion, Health, Hitl, HitlTask, Param, Pool, Run, Task, TaskInstance
from servers.airflow.since import changes
from servers.airflow.waiting import Seen, why

NIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def run(state: str = "running", days: int = 0, **more: Any) -> Run:
    return Run(dag_id="orders", dag_run_id=f"r{days}", state=state, run_after=NIGHT + timedelta(days=days), **more)


def task(name: str, state: str | None, **more: Any) -> TaskInstance:
    return TaskInstance(task_id=name, state=state, **more)


def seen(**more: Any) -> Seen:
    facts: dict[str, Any] = {
        "dag": DagDetails(dag_id="orders", max_active_runs=1), "run": run(), "instances": [], "pools": [],
        "questions": [], "health": Health(scheduler=Health.Part(status="healthy")),
    }  # fmt: skip
    return Seen(**facts | more)


FULL = Pool(name="small", slots=2, open_slots=0)
QUESTION = Hitl(subject="Pay?", task_instance=HitlTask(task_id="ask"), options=["Yes", "No"])


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"health": Health(scheduler=Health.Part(status="unhealthy"))}, "scheduler_down"),
        ({"dag": DagDetails(dag_id="orders", is_paused=True)}, "paused"),
        (
            {"run": run("queued"), "dag": DagDetails(dag_id="orders", max_active_runs=1, active_runs_count=1)},
            "max_active_runs",
        ),
        ({"instances": [task("ask", "awaiting_input")], "questions": [QUESTION]}, "human"),
        ({"instances": [task("load", "scheduled", pool="small")], "pools": [FULL]}, "pool_full"),
        ({"instances": [task("wait", "up_for_reschedule")]}, "sensor"),
        ({"instances": [task("wait", "deferred")]}, "deferred"),
        ({"instances": [task("load", "up_for_retry")]}, "retry"),
        ({"instances": [task("load", "queued")], "pools": [FULL]}, "executor_full"),
        ({"instances": [task("load", "running")]}, "running"),
        ({"run": run("queued")}, "queued"),
        ({"instances": [task("load", None), task("extract", "success")]}, "between_tasks"),
        ({"health": None, "instances": [task("load", "running")]}, "running"),
    ],
)
def test_each_reason_to_wait_has_a_name(facts: dict[str, Any], cause: str) -> None:
    assert why(seen(**facts)).cause == cause


def test_a_question_that_was_answered_holds_nobody_up() -> None:
    answered = Hitl(subject="Pay?", task_instance=HitlTask(task_id="ask"), response_received=True)
    assert why(seen(instances=[task("pay", "running")], questions=[answered])).cause == "running"


def test_a_pool_without_end_is_never_full() -> None:
    endless = Pool(name="small", slots=-1, open_slots=-1)
    assert why(seen(instances=[task("load", "queued", pool="small")], pools=[endless])).cause == "executor_full"


GRAPH = [
    Task(task_id="load", downstream_task_ids=["report", "mail"], retries=2),
    Task(task_id="extract", downstream_task_ids=["load"]),
    Task(task_id="report", trigger_rule="all_done"),
    Task(task_id="mail", pool="small", is_mapped=True),
]


def test_tasks_stand_in_the_order_in_which_they_may_run() -> None:
    place = ordered(GRAPH)
    assert place["extract"] < place["load"] < min(place["report"], place["mail"])
    assert adjacency(GRAPH).splitlines()[:2] == ["extract () -> load", "load (2 retries) -> mail, report"]


def test_a_graph_in_a_circle_is_still_shown() -> None:
    circle = [Task(task_id="a", downstream_task_ids=["b"]), Task(task_id="b", downstream_task_ids=["a"])]
    assert adjacency(circle).splitlines() == ["a () -> b", "b () -> a"]


def test_what_changed_since_the_last_success_is_told() -> None:
    old = run("success", 0, conf={"region": "emea"}, dag_versions=[DagVersion(1)], run_type="scheduled")
    new = run("failed", 1, conf={"region": "apac"}, dag_versions=[DagVersion(1), DagVersion(3)], run_type="manual")
    told = changes(new, [new, old])
    assert told == [
        "the DAG's code: version 1 in r0 of 2026-11-22 00:00, 3 now",
        "how it was started: scheduled then, manual now",
        "conf region: 'emea' then, 'apac' now",
    ]
    assert changes(new, [new, run("success", 0, dag_versions=new.dag_versions, conf=new.conf, run_type="manual")]) == [
        "nothing that Airflow knows of, since r0 of 2026-11-22 00:00"
    ]
    assert changes(new, [new, run("success", 2)])[0].startswith("no success before it")


def person(*groups: str, **settings: Any) -> Person:
    return Person(login="ana", groups=frozenset(groups), settings=AirflowSettings(**settings))


def test_a_person_has_the_highest_role_of_their_groups_and_no_other() -> None:
    roles = {"data": "user", "platform": "op"}
    assert person(roles=roles).role == "viewer"
    assert person("data", "platform", roles=roles).role == "op"
    with pytest.raises(ValueError, match="roles"):
        AirflowSettings(roles={"data": "wizard"})  # type: ignore[dict-item]


def test_a_dag_is_changed_by_its_owners_and_by_whom_the_operator_names() -> None:
    rights = {"changes": {"platform": ("fin_*",)}}
    person("ads", **rights).must_change("clicks", ["ads"])
    person("platform", **rights).must_change("fin_books", ["finance"])
    with pytest.raises(Denied, match="belongs to finance"):
        person("ads", **rights).must_change("fin_books", ["finance"])
    hidden = person("ads", reads={"finance": ("*",)})
    with pytest.raises(Denied):
        hidden.must_change("clicks", ["ads"])


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"rows": 0}, "rows: 0 is less than the minimum of 1"),
        ({"rows": "many"}, "'many' is not of type 'integer'"),
        ({"row": 5}, "no parameter 'row'; it has: region, rows"),
        ({}, "region: None is not of type 'string'"),
    ],
)
def test_what_does_not_fit_the_parameters_is_told_with_their_schema(conf: dict[str, Any], words: str) -> None:
    params = {
        "rows": Param(schema={"type": "integer", "minimum": 1}, value=10),
        "region": Param(schema={"type": "string"}),
    }
    with pytest.raises(Invalid) as refused:
        must_fit(conf, params) if "region" in conf or not conf else must_fit(conf | {"region": "emea"}, params)
    assert words in str(refused.value)


def test_a_schema_that_is_none_leaves_the_decision_to_airflow() -> None:
    must_fit({"odd": 1}, {"odd": Param(schema={"type": "no such type"})})
