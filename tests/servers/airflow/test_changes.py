"""Changes on a real Airflow: nothing without a yes, exactly one with it, and its own log names the person."""

import time
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, ElicitRequestFormParams

from platform_core.approval.desk import Desk
from platform_core.testing import answer_on_page, connect_as
from servers.airflow.server import server
from tests.platform_core.approval.asking import from_chat, says, says_yes
from tests.servers.airflow.itself import Local
from tests.servers.airflow.visits import Era, call, outcome, until

pytestmark = [pytest.mark.real, pytest.mark.airflow, pytest.mark.parametrize("era", ["auto", "legacy"])]

CHANGES: dict[str, dict[str, Any]] = {
    "trigger_run": {"dag_id": "healthy_orders", "conf": {"region": "apac"}},
    "clear_tasks": {"dag_id": "flaky_export", "run_id": "teaching"},
    "set_paused": {"dag_id": "healthy_orders", "paused": True},
}


async def settled(visit: Client) -> None:
    """The teaching runs have ended, so that counts stand still."""
    for dag in ("flaky_export", "mapped_regions"):

        async def ask(dag: str = dag) -> dict[str, Any]:
            _, fields = await call(visit, "diagnose_run", dag_id=dag, run_id="teaching")
            return fields

        await until(ask, state="failed")


@pytest.mark.parametrize("tool", CHANGES)
@pytest.mark.parametrize("answer", ["declined", None])
async def test_without_a_yes_nothing_changes(
    airflow: Local, desk: Desk, era: Era, tool: str, answer: str | None
) -> None:
    async with connect_as(server, "olu", era=era, desk=desk) as visit:
        await settled(visit)
        before = airflow.counts()
        asked: CallToolResult = await visit.call_tool(tool, CHANGES[tool])
        if answer:
            assert await answer_on_page(desk, asked, "declined")
        again = await visit.call_tool(tool, CHANGES[tool])
    assert asked.is_error
    assert again.is_error
    assert airflow.counts() == before


@pytest.mark.parametrize("tool", CHANGES)
@pytest.mark.parametrize("answer", ["decline", "cancel"])
async def test_a_form_that_is_answered_by_no_or_closed_changes_nothing(
    airflow: Local, desk: Desk, era: Era, tool: str, answer: str
) -> None:
    person = says(answer)
    async with connect_as(server, from_chat("olu"), era=era, desk=desk, elicitation_callback=person) as visit:
        await settled(visit)
        before = airflow.counts()
        refused = await visit.call_tool(tool, CHANGES[tool])
    assert refused.is_error
    assert [type(question) for question in person.questions] == [ElicitRequestFormParams]
    assert airflow.counts() == before


async def test_a_yes_in_a_form_starts_exactly_one_run_and_airflow_names_the_person(
    airflow: Local, desk: Desk, era: Era
) -> None:
    wanted = {"dag_id": "healthy_orders", "key": f"form-{era}-{time.time_ns()}"}
    person = says_yes()
    async with connect_as(server, from_chat("olu"), era=era, desk=desk, elicitation_callback=person) as visit:
        await settled(visit)
        before = airflow.counts()[0][0]
        _, started = await call(visit, "trigger_run", **wanted)
        _, repeated = await call(visit, "trigger_run", **wanted)
    assert started["reference"] == repeated["reference"]
    assert len(person.questions) == 1, "nobody is asked about a run that is there"
    assert airflow.counts()[0][0] == before + 1
    assert airflow.events(f"seedbed__{wanted['key']}") == [("trigger_dag_run", "olu")]


async def test_a_yes_starts_exactly_one_run_and_airflow_names_the_person(airflow: Local, desk: Desk, era: Era) -> None:
    wanted = {"dag_id": "healthy_orders", "conf": {"region": "apac"}, "key": f"k-{era}-{time.time_ns()}"}
    async with connect_as(server, "olu", era=era, desk=desk) as visit:
        await settled(visit)
        before = airflow.counts()[0][0]
        asked = await visit.call_tool("trigger_run", wanted)
        assert await answer_on_page(desk, asked)
        _, started = await call(visit, "trigger_run", **wanted)
        _, repeated = await call(visit, "trigger_run", **wanted)
        other = await visit.call_tool("trigger_run", wanted | {"conf": {"region": "amer"}, "key": "another"})
    run_id = f"seedbed__{wanted['key']}"
    assert started["reference"] == repeated["reference"] == f"airflow:run/healthy_orders/{run_id}"
    assert "nothing was started" in repeated["note"]
    assert other.is_error, "another call has another question"
    assert airflow.counts()[0][0] == before + 1
    named = airflow.rows(f"SELECT triggering_user_name FROM dag_run WHERE run_id = '{run_id}'")  # noqa: S608
    assert named == [("olu",)]
    assert airflow.events(run_id) == [("trigger_dag_run", "olu")]


async def test_a_yes_clears_the_tasks_of_the_dry_run(airflow: Local, desk: Desk, era: Era) -> None:
    wanted = {"dag_id": "mapped_regions", "run_id": "teaching", "downstream": True}
    async with connect_as(server, "olu", era=era, desk=desk) as visit:
        await settled(visit)
        before = airflow.counts()
        asked = await visit.call_tool("clear_tasks", wanted)
        assert airflow.counts() == before
        assert await answer_on_page(desk, asked)
        _, cleared = await call(visit, "clear_tasks", **wanted)
        await settled(visit)
        _, told = await call(visit, "diagnose_run", dag_id="mapped_regions", run_id="teaching")
    assert "count[7]" in cleared["tasks"]
    assert "count[3]" not in cleared["tasks"], "it had succeeded"
    assert len(told["tries"]) >= 2


async def test_a_yes_pauses_and_another_lets_it_go_on(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "olu", era=era, desk=desk) as visit:
        for paused in (True, False):
            wanted = {"dag_id": "mapped_regions", "paused": paused}
            asked = await visit.call_tool("set_paused", wanted)
            assert await answer_on_page(desk, asked)
            _, done = await call(visit, "set_paused", **wanted)
            assert done["state"] == ("paused" if paused else "active")
            _, same = await call(visit, "set_paused", **wanted)
            assert "nothing was changed" in same["note"]


@pytest.mark.parametrize(
    ("tool", "wanted", "words"),
    [
        ("trigger_run", {"dag_id": "paused_report"}, "is paused"),
        ("trigger_run", {"dag_id": "healthy_orders", "conf": {"region": "mars"}}, "'mars' is not one of"),
        ("trigger_run", {"dag_id": "healthy_orders", "conf": {"most_rows": "many"}}, "'type': 'integer'"),
        ("trigger_run", {"dag_id": "healthy_orders", "conf": {"regoin": "emea"}}, "has no parameter 'regoin'"),
        ("trigger_run", {"dag_id": "healthy_orders", "logical_date": "yesterday"}, "no ISO date"),
        ("clear_tasks", {"dag_id": "flaky_export", "run_id": "teaching", "task_ids": ["nope"]}, "has no task 'nope'"),
        ("clear_tasks", {"dag_id": "healthy_orders", "run_id": "teaching"}, "has no failed tasks to clear"),
        ("clear_tasks", {"dag_id": "healthy_orders", "run_id": "nope"}, "knows nothing of that name"),
    ],
)
async def test_what_can_not_be_is_refused_before_anybody_is_asked(
    airflow: Local, desk: Desk, era: Era, tool: str, wanted: dict[str, Any], words: str
) -> None:
    async with connect_as(server, "olu", era=era, desk=desk) as visit:
        await settled(visit)
        before = airflow.counts()
        text, fields, error = await outcome(visit, tool, **wanted)
    assert error
    assert words in text
    assert "approval" not in fields
    assert airflow.counts() == before


async def test_who_owns_no_dag_changes_none(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        text, _, error = await outcome(visit, "trigger_run", dag_id="healthy_orders")
    assert error
    assert "belongs to data-platform" in text


async def test_a_dag_that_one_may_not_see_equals_one_that_is_not_there(
    airflow: Local, desk: Desk, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDBED_AIRFLOW_READS", '{"data-engineering": ["healthy_*"]}')
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        _, found = await call(visit, "find_dags")
        _, runs = await call(visit, "list_runs")
        hidden, _, error = await outcome(visit, "diagnose_run", dag_id="flaky_export")
        missing, _, _ = await outcome(visit, "diagnose_run", dag_id="nope")
    assert error
    assert [row[0] for row in found["rows"]] == ["healthy_orders"]
    assert {row[0] for row in runs["rows"]} == {"healthy_orders"}
    assert "rows" not in runs["note"], "a count would tell of the others"
    assert hidden.replace("flaky_export", "nope") == missing
