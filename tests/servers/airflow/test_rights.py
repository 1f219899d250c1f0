"""Which DAGs are whose is decided here, before Airflow is asked."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

from platform_core.approval.desk import Desk
from platform_core.testing import answer_on_page, connect_as, desk_in
from servers.airflow.server import server
from servers.airflow.session import shared
from tests.servers.airflow.standin import StandIn, stand_in
from tests.servers.airflow.visits import call, outcome

WHEN = "2026-11-22T00:00:00Z"


@pytest.fixture
def standin() -> Generator[StandIn]:
    with stand_in() as there:
        yield there


@pytest.fixture
async def desk(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Desk]:
    (tmp_path / "token").write_text("of-the-service")
    settings = {
        "URL": standin.url, "TOKEN_FILE": str(tmp_path / "token"), "CATALOGUE_SECONDS": "0",
        "READS": '{"data-engineering": ["orders_*"]}', "CHANGES": '{"data-engineering": ["*"]}',
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"SEEDBED_AIRFLOW_{name}", value)
    shared.cache_clear()
    yield desk_in(tmp_path, server)
    await shared()[1].close()
    shared.cache_clear()


@pytest.mark.parametrize(
    ("tool", "wanted"),
    [
        ("get_dag", {}),
        ("list_runs", {}),
        ("diagnose_run", {}),
        ("diagnose_run", {"run_id": "r1"}),
        ("get_task_log", {"run_id": "r1", "task_id": "load"}),
        ("trigger_run", {}),
        ("clear_tasks", {"run_id": "r1"}),
        ("set_paused", {"paused": True}),
    ],
)
async def test_airflow_is_not_even_asked_about_a_dag_that_is_not_the_person_s(
    standin: StandIn, desk: Desk, tool: str, wanted: dict[str, Any]
) -> None:
    async with connect_as(server, "ana", desk=desk) as visit:
        text, fields, error = await outcome(visit, tool, dag_id="payroll", **wanted)
    assert error
    assert "There is no DAG payroll that you may see" in text
    assert "approval" not in fields
    assert standin.asked == []


async def test_a_broken_file_of_others_is_not_shown_and_not_counted(standin: StandIn, desk: Desk) -> None:
    files = ["/dags/orders_daily.py", "/dags/payroll.py"]
    errors = [{"filename": file, "timestamp": WHEN, "stack_trace": f"in {file}"} for file in files]
    standin.says("importErrors", (200, {"import_errors": errors, "total_entries": 2}))
    async with connect_as(server, "ana", desk=desk) as visit:
        text, found = await call(visit, "find_dags", state="import_error")
    assert [row[0] for row in found["rows"]] == ["/dags/orders_daily.py"]
    assert found["note"] == "Files without a DAG"
    assert "payroll" not in text


async def test_with_a_service_account_the_note_names_the_person(standin: StandIn, desk: Desk) -> None:
    standin.says("dags/orders_daily/details", (200, {"dag_id": "orders_daily", "params": {}}))
    run = {"dag_id": "orders_daily", "dag_run_id": "seedbed__k", "state": "queued", "run_after": WHEN}
    standin.says("dags/orders_daily/dagRuns", (200, {"dag_runs": []}), (200, {"dag_runs": []}), (200, run))
    async with connect_as(server, "ana", desk=desk) as visit:
        asked = await visit.call_tool("trigger_run", {"dag_id": "orders_daily"})
        assert await answer_on_page(desk, asked)
        await call(visit, "trigger_run", dag_id="orders_daily")
    [(_, _, sent)] = [each for each in standin.asked if each[0] == "POST"]
    assert "Asked for by ana through Seedbed." in sent
    assert "Bearer of-the-service" in sent
