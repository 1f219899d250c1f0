"""Against a real Airflow: each teaching DAG's cause, try and error lines, in both eras."""

from typing import Any

import pytest
from mcp import Client

from platform_core.approval.desk import Desk
from platform_core.testing import connect_as
from servers.airflow.server import server
from servers.airflow.session import shared
from tests.servers.airflow.itself import Local
from tests.servers.airflow.visits import Era, call, outcome, until

pytestmark = [pytest.mark.real, pytest.mark.airflow, pytest.mark.parametrize("era", ["auto", "legacy"])]


async def diagnosed(client: Client, dag: str, **wanted: Any) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        _, fields = await call(client, "diagnose_run", dag_id=dag, run_id="teaching")
        return fields

    return await until(ask, **wanted)


async def test_a_run_that_failed_is_told_by_its_last_try_and_its_error_lines(
    airflow: Local, desk: Desk, era: Era
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        told = await diagnosed(visit, "flaky_export", state="failed")
    assert (told["cause"], told["task"], told["try_number"], told["echoes"]) == ("task_failed", "export", 2, 1)
    assert "KeyError: 'conversions'" in told["said"]
    assert "flaky_export.py:" in told["said"]
    assert "ConnectionError" not in told["said"], "that was the try before"
    assert [line.split()[:2] for line in told["tries"]] == [["1", "failed"], ["2", "failed"]]
    assert told["references"] == ["spark:app/application_1763881200000_0042", "trino:query/20261122_231500_00042_kx7pq"]
    assert told["run"] == "airflow:run/flaky_export/teaching"
    assert "hunter2" not in str(told)


async def test_of_ten_mapped_tasks_the_one_that_failed_is_named(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        told = await diagnosed(visit, "mapped_regions", state="failed")
    assert (told["task"], told["echoes"]) == ("count[7]", 1)
    assert told["try_number"] == len(told["tries"]), "the last one, however often a test has cleared it"
    assert "ValueError: region 7 has no customers table" in told["said"]


@pytest.mark.parametrize(
    ("dag", "cause", "task", "words"),
    [
        ("waiting_sensor", "sensor", "delivery", "waits for something outside"),
        ("starved_pool", "pool_full", "close", "pool closed_books"),
        ("refund_approval", "human", "approve", "Pay the refund of 1,204 EUR?"),
    ],
)
async def test_a_run_that_does_not_get_on_says_what_it_waits_for(
    airflow: Local, desk: Desk, era: Era, dag: str, cause: str, task: str, words: str
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        told = await diagnosed(visit, dag, cause=cause)
    assert (told["state"], told["task"]) == ("running", task)
    assert words in told["said"]


async def test_what_a_task_asks_people_is_shown_with_its_page_and_answered_by_nobody_here(
    airflow: Local, desk: Desk, era: Era
) -> None:
    async with connect_as(server, "olu", era=era, desk=desk) as visit:
        told = await diagnosed(visit, "refund_approval", cause="human")
        tools = (await visit.list_tools()).tools
    place = "/dags/refund_approval/runs/teaching/tasks/approve/required_actions?map_index=-1"
    assert told["page"] == f"{airflow.url}{place}"
    assert "an agent never does" in told["next"]
    assert airflow.rows("SELECT count(*) FROM hitl_detail WHERE responded_at IS NOT NULL") == [(0,)]
    assert not any("answer" in tool.name or "respond" in tool.name for tool in tools)


async def test_a_healthy_run_has_no_cause(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        told = await diagnosed(visit, "healthy_orders", state="success")
    assert (told["cause"], told["task"]) == ("none", None)


async def test_a_paused_dag_says_that_it_is(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        text, _, error = await outcome(visit, "diagnose_run", dag_id="paused_report")
        _, shown = await call(visit, "find_dags", state="paused")
    assert error
    assert "has never run. It is paused." in text
    assert [row[0] for row in shown["rows"]] == ["paused_report"]


async def test_a_file_that_can_not_be_imported_shows_why(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        _, shown = await call(visit, "find_dags", state="import_error")
    [[file, _, trace]] = shown["rows"]
    assert file == "broken_import.py"
    assert "No module named 'warehouse_helpers" in trace


async def test_a_diagnosis_costs_at_most_eight_requests(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        for dag in ("flaky_export", "mapped_regions", "waiting_sensor", "starved_pool"):
            _, api, _ = shared()
            before = api.requests
            await call(visit, "diagnose_run", dag_id=dag, run_id="teaching")
            assert api.requests - before <= 8


async def test_of_five_hundred_dags_every_one_is_found_in_few_requests(airflow: Local, desk: Desk, era: Era) -> None:
    seen: list[str] = []
    cursor = ""
    with airflow.many("healthy_orders", 500) as names:
        async with connect_as(server, "ana", era=era, desk=desk) as visit:
            while not seen or cursor:
                _, api, _ = shared()
                before = api.requests
                _, found = await call(visit, "find_dags", cursor=cursor)
                assert api.requests - before <= 5
                seen += [row[0] for row in found["rows"]]
                cursor = found["next_cursor"] or ""
    assert {*names, "healthy_orders"} <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"dag_id": "nope", "run_id": "r", "task_id": "t"}, "knows nothing of that name"),
        ({"dag_id": "flaky_export", "run_id": "nope", "task_id": "export"}, "knows nothing of that name"),
        ({"dag_id": "flaky_export", "run_id": "teaching", "task_id": "nope"}, "knows nothing of that name"),
        ({"dag_id": "flaky_export", "run_id": "teaching", "task_id": "export", "try_number": 9}, "there is no try 9"),
        (
            {"dag_id": "flaky_export", "run_id": "teaching", "task_id": "announce"},
            "has not begun (it is upstream_failed)",
        ),
        ({"dag_id": "mapped_regions", "run_id": "teaching", "task_id": "count"}, "give `map_index`, from 0 to 9"),
        ({"dag_id": "mapped_regions", "run_id": "teaching", "task_id": "count", "map_index": 70}, "from 0 to 9"),
        ({"dag_id": "flaky_export", "run_id": "teaching", "task_id": "export", "map_index": 3}, "is not mapped"),
        ({"dag_id": "../pools", "run_id": "teaching", "task_id": "export"}, "knows nothing of that name"),
        (
            {"dag_id": "flaky_export", "run_id": "teaching", "task_id": "export", "mode": "grep"},
            "grep wants a `pattern`",
        ),
        ({"dag_id": "flaky_export", "run_id": "teaching", "task_id": "export", "cursor": "x"}, "next_cursor"),
    ],
)
async def test_a_wrong_name_is_told_from_one_that_is_not_there_yet(
    airflow: Local, desk: Desk, era: Era, asked: dict[str, Any], words: str
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        await diagnosed(visit, "mapped_regions", state="failed")
        await diagnosed(visit, "flaky_export", state="failed")
        text, _, error = await outcome(visit, "get_task_log", **asked)
    assert error
    assert words in text


async def test_a_log_is_read_in_four_ways_without_its_secrets(airflow: Local, desk: Desk, era: Era) -> None:
    where = {"dag_id": "flaky_export", "run_id": "teaching", "task_id": "export"}
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        await diagnosed(visit, "flaky_export", state="failed")
        texts = [(await call(visit, "get_task_log", **where, mode=mode, pattern="PASSWORD"))[0] for mode in
                 ("errors", "tail", "grep", "range")]  # fmt: skip
        first, _ = await call(visit, "get_task_log", **where, try_number=1)
    assert all("password=[redacted]" in text and "hunter2" not in text for text in texts)
    assert "ConnectionError: the partner's server hung up" in first


async def test_a_dag_shows_its_graph_and_the_schema_of_its_parameters(airflow: Local, desk: Desk, era: Era) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        graph, _ = await call(visit, "get_dag", dag_id="flaky_export")
        params, _ = await call(visit, "get_dag", dag_id="healthy_orders")
        source, _ = await call(visit, "get_dag", dag_id="healthy_orders", include="source")
        runs, _ = await call(visit, "get_dag", dag_id="healthy_orders", include="recent_runs")
        assets, _ = await call(visit, "get_dag", dag_id="healthy_orders", include="assets")
    assert "collect (@task) -> export" in graph
    assert "export (@task, 1 retries) -> announce" in graph
    assert "'enum': ['emea', 'apac', 'amer']" in params
    assert "def healthy_orders():" in source
    assert "teaching" in runs
    assert "no asset was written" in assets
