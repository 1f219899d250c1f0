"""Airflow 2.11 is read as Airflow 3 is, and never changed; its answers were recorded by `recording.py`."""

import base64
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from platform_core.approval.desk import Desk
from platform_core.testing import connect_as, desk_in
from servers.airflow.server import server
from servers.airflow.session import shared
from servers.airflow.settings import AirflowSettings
from tests.servers.airflow.recorded import Recorded, replaying
from tests.servers.airflow.visits import Era, call, outcome

pytestmark = pytest.mark.parametrize("era", ["auto", "legacy"])

WHERE = {"dag_id": "flaky_export", "run_id": "teaching", "task_id": "export"}


@pytest.fixture(scope="module")
def two() -> Generator[Recorded]:
    with replaying() as there:
        yield there


@pytest.fixture
async def visit(era: Era, two: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Client]:
    (tmp_path / "password").write_text("teacher")
    settings = {"URL": two.url, "API": "v1", "USER": "teacher", "PASSWORD_FILE": str(tmp_path / "password")}
    for name, value in settings.items():
        monkeypatch.setenv(f"SEEDBED_AIRFLOW_{name}", value)
    monkeypatch.setenv("SEEDBED_AIRFLOW_CHANGES", '{"platform": ["*"]}')
    shared.cache_clear()
    desk: Desk = desk_in(tmp_path, server)
    async with connect_as(server, "olu", era=era, desk=desk) as visit:
        yield visit
        await shared()[1].close()
    shared.cache_clear()


async def test_a_run_that_failed_is_told_by_its_last_try_and_its_error_lines(visit: Client) -> None:
    _, told = await call(visit, "diagnose_run", dag_id="flaky_export", run_id="teaching")
    assert (told["cause"], told["task"], told["try_number"], told["echoes"]) == ("task_failed", "export", 2, 1)
    assert "KeyError: 'conversions'" in told["said"]
    assert "flaky_export.py:" in told["said"]
    assert "ConnectionError" not in told["said"], "that was the try before"
    assert [line.split()[:2] for line in told["tries"]] == [["1", "failed"], ["2", "failed"]]
    assert told["references"] == ["spark:app/application_1763881200000_0042", "trino:query/20261122_231500_00042_kx7pq"]
    assert "its owner is ads-engineering" in told["next"]
    assert "hunter2" not in str(told)


async def test_of_ten_mapped_tasks_the_one_that_failed_is_named(visit: Client) -> None:
    _, told = await call(visit, "diagnose_run", dag_id="mapped_regions")
    assert (told["task"], told["echoes"]) == ("count[7]", 1)
    assert "ValueError: region 7 has no customers table" in told["said"]


@pytest.mark.parametrize(
    ("dag", "cause", "task", "words"),
    [
        ("waiting_sensor", "sensor", "delivery", "waits for something outside"),
        ("starved_pool", "pool_full", "close", "pool closed_books"),
    ],
)
async def test_a_run_that_does_not_get_on_says_what_it_waits_for(
    visit: Client, dag: str, cause: str, task: str, words: str
) -> None:
    _, told = await call(visit, "diagnose_run", dag_id=dag, run_id="teaching")
    assert (told["cause"], told["task"]) == (cause, task)
    assert words in told["said"]


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("", {"flaky_export", "healthy_orders", "mapped_regions", "paused_report", "starved_pool", "waiting_sensor"}),
        ("failing", {"flaky_export", "mapped_regions"}),
        ("running", {"starved_pool", "waiting_sensor"}),
        ("paused", {"paused_report"}),
    ],
)
async def test_dags_are_found_by_how_they_are(visit: Client, state: str, found: set[str]) -> None:
    _, told = await call(visit, "find_dags", state=state)
    assert {row[0] for row in told["rows"]} == found


async def test_a_dag_is_found_by_its_name_and_a_broken_file_by_its_trace(visit: Client) -> None:
    _, orders = await call(visit, "find_dags", text="orders")
    _, broken = await call(visit, "find_dags", state="import_error")
    assert [row[:3] for row in orders["rows"]] == [["healthy_orders", "data-platform", "@daily"]]
    assert "No module named 'warehouse_helpers" in broken["rows"][0][2]


async def test_a_dag_shows_its_graph_its_parameters_and_its_source(visit: Client) -> None:
    graph, _ = await call(visit, "get_dag", dag_id="flaky_export")
    params, _ = await call(visit, "get_dag", dag_id="healthy_orders")
    source, _ = await call(visit, "get_dag", dag_id="healthy_orders", include="source")
    runs, _ = await call(visit, "get_dag", dag_id="healthy_orders", include="recent_runs")
    assets, _ = await call(visit, "get_dag", dag_id="healthy_orders", include="assets")
    assert "export (@task, 1 retries) -> announce" in graph
    assert "'enum': ['emea', 'apac', 'amer']" in params
    assert "Owner: data-platform" in params
    assert "def healthy_orders():" in source
    assert "teaching success" in runs
    assert "no asset was written" in assets


async def test_runs_are_listed_with_their_duration(visit: Client) -> None:
    _, told = await call(visit, "list_runs", dag_id="flaky_export", since="2026-01-01")
    [[dag, run, state, _, _, took, *_]] = told["rows"]
    assert (dag, run, state, took[-1]) == ("flaky_export", "teaching", "failed", "s")


async def test_a_log_is_read_in_four_ways_without_its_secrets(visit: Client) -> None:
    texts = [(await call(visit, "get_task_log", **WHERE, mode=mode, pattern="PASSWORD"))[0] for mode in
             ("errors", "tail", "grep", "range")]  # fmt: skip
    first, _ = await call(visit, "get_task_log", **WHERE, try_number=1)
    assert all("hunter2" not in text for text in texts)
    assert "password=[redacted]" in texts[2]
    assert "KeyError: 'conversions'" in texts[0]
    assert "ConnectionError: the partner's server hung up" in first


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (WHERE | {"dag_id": "nope"}, "knows nothing of that name"),
        (WHERE | {"run_id": "nope"}, "knows nothing of that name"),
        (WHERE | {"try_number": 9}, "there is no try 9"),
        (WHERE | {"task_id": "announce"}, "has not begun (it is upstream_failed)"),
        ({"dag_id": "mapped_regions", "run_id": "teaching", "task_id": "count"}, "give `map_index`, from 0 to 9"),
    ],
)
async def test_a_wrong_name_is_told_from_one_that_is_not_there_yet(
    visit: Client, asked: dict[str, Any], words: str
) -> None:
    text, _, error = await outcome(visit, "get_task_log", **asked)
    assert error
    assert words in text


@pytest.mark.parametrize(
    ("tool", "wanted"),
    [
        ("trigger_run", {"dag_id": "healthy_orders"}),
        ("clear_tasks", {"dag_id": "flaky_export", "run_id": "teaching"}),
        ("set_paused", {"dag_id": "healthy_orders", "paused": True}),
    ],
)
async def test_nothing_is_changed_and_nobody_asked(
    visit: Client, two: Recorded, tool: str, wanted: dict[str, Any]
) -> None:
    before = len(two.logins)
    text, fields, error = await outcome(visit, tool, **wanted)
    assert error
    assert "only read from here" in text
    assert "approval" not in fields
    assert len(two.logins) == before, "Airflow was not even asked"


async def test_the_service_account_signs_in_and_no_person_does(visit: Client, two: Recorded) -> None:
    await call(visit, "find_dags")
    assert set(two.logins) == {f"Basic {base64.b64encode(b'teacher:teacher').decode()}"}


def test_a_login_that_airflow_2_does_not_know_is_refused_at_the_start(era: Era) -> None:
    with pytest.raises(ValueError, match="Airflow 2 knows no SEEDBED_AIRFLOW_SECRET"):
        AirflowSettings.model_validate({"api": "v1", "secret": "s"})
