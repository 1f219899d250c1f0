"""What Airflow may answer, and what a person is told: a read is repeated once, a write never."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import jwt
import pytest

from platform_core.approval.desk import Desk
from platform_core.testing import answer_on_page, connect_as, desk_in
from servers.airflow.server import server
from servers.airflow.session import shared
from tests.servers.airflow.standin import StandIn, stand_in
from tests.servers.airflow.visits import call, outcome

SECRET = "only-tests-know-it-" * 4
DAG: dict[str, Any] = {"dag_id": "orders", "owners": ["data-platform"], "max_active_runs": 1, "params": {}}
RUN = {"dag_id": "orders", "dag_run_id": "r1", "state": "failed", "run_after": "2026-11-22T00:00:00Z"}
TASK = {"task_id": "load", "dag_id": "orders", "dag_run_id": "r1", "state": "failed", "try_number": 1}
INSTANCE = "dags/orders/dagRuns/r1/taskInstances/load"


@pytest.fixture
def standin() -> Generator[StandIn]:
    with stand_in() as there:
        yield there


@pytest.fixture(autouse=True)
async def pointed(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[None]:
    (tmp_path / "secret").write_text(SECRET)
    monkeypatch.setenv("SEEDBED_AIRFLOW_URL", standin.url)
    monkeypatch.setenv("SEEDBED_AIRFLOW_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("SEEDBED_AIRFLOW_CATALOGUE_SECONDS", "0")
    shared.cache_clear()
    yield
    await shared()[1].close()
    shared.cache_clear()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path, server)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "invalid", "Airflow can't use that: no such thing"),
        (401, "unavailable", "refuses this server's login"),
        (403, "denied", "does not let you do this"),
        (404, "not_found", "knows nothing of that name"),
        (409, "conflict", "has that already"),
        (422, "invalid", "can't use that"),
        (500, "unavailable", "busy or has a fault"),
        (503, "unavailable", "ask again"),
        (418, "unavailable", "HTTP 418"),
        (0, "unavailable", "may be restarting"),
    ],
)
async def test_each_answer_of_airflow_has_words_of_its_own(
    standin: StandIn, desk: Desk, status: int, code: str, words: str
) -> None:
    standin.says("dags/orders/details", (status, {"detail": "no such thing"}))
    async with connect_as(server, "ana", desk=desk) as visit:
        text, fields, error = await outcome(visit, "get_dag", dag_id="orders")
    assert error
    assert words in text
    assert fields.get("code", code) == code


@pytest.mark.parametrize("trouble", [0, 500, 503])
async def test_a_read_is_repeated_once(standin: StandIn, desk: Desk, trouble: int) -> None:
    standin.says("dags/orders/details", (trouble, {"detail": "Database error"}), (200, DAG))
    standin.says("dags/orders/tasks", (200, {"tasks": []}))
    async with connect_as(server, "ana", desk=desk) as visit:
        await call(visit, "get_dag", dag_id="orders")
    assert standin.times("dags/orders/details") == 2


@pytest.mark.parametrize("trouble", [0, 500, 503])
async def test_a_write_is_never_repeated(
    standin: StandIn, desk: Desk, trouble: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDBED_AIRFLOW_CHANGES", '{"data-engineering": ["*"]}')
    shared.cache_clear()
    standin.says("dags/orders/details", (200, DAG))
    standin.says("dags/orders/dagRuns", (200, {"dag_runs": []}), (200, {"dag_runs": []}), (trouble, {"detail": "lock"}))
    async with connect_as(server, "ana", desk=desk) as visit:
        asked = await visit.call_tool("trigger_run", {"dag_id": "orders"})
        assert await answer_on_page(desk, asked)
        _, _, error = await outcome(visit, "trigger_run", dag_id="orders")
    assert error
    assert [method for method, path, _ in standin.asked if path.endswith("/dagRuns")].count("POST") == 1


async def test_an_answer_in_another_shape_is_a_failure_and_no_crash(standin: StandIn, desk: Desk) -> None:
    standin.says("dags/orders/details", (200, {"dag_id": 7}))
    async with connect_as(server, "ana", desk=desk) as visit:
        text, _, error = await outcome(visit, "get_dag", dag_id="orders")
    assert error
    assert "in an unknown shape" in text


async def test_no_request_carries_a_token_but_one_of_a_minute_in_the_persons_name(standin: StandIn, desk: Desk) -> None:
    standin.says("dags/orders/details", (200, DAG))
    standin.says("dags/orders/tasks", (200, {"tasks": []}))
    async with connect_as(server, "ana", desk=desk) as visit:
        await call(visit, "get_dag", dag_id="orders")
    token = next(line for line in standin.asked[0][2].splitlines() if line.lower().startswith("authorization")).split()[
        -1
    ]
    claims = jwt.decode(token, SECRET, algorithms=["HS512"], audience="apache-airflow")
    assert (claims["sub"], claims["role"]) == ("ana", "viewer")
    assert claims["exp"] - claims["iat"] == 60


def log_of(lines: int) -> bytes:
    """A log whose error stands in line 3 and whose other lines say the same two million times."""
    head = [
        b'{"event": "starting", "level": "info"}',
        b'{"event": "token=hunter2hunter2", "level": "info"}',
        b'{"event": "Task failed with exception", "level": "error", "error_detail": [{"exc_type": "ValueError", '
        b'"exc_value": "no customers", "frames": [{"filename": "orders.py", "lineno": 9, "name": "load"}]}]}',
    ]
    return b"\n".join([*head, *([b'{"event": "retrying row 17", "level": "warning"}'] * lines), b""])


async def test_of_a_long_log_the_error_in_line_three_is_shown_in_few_tokens(standin: StandIn, desk: Desk) -> None:
    whole = log_of(200_000)
    standin.says(INSTANCE, (200, TASK))
    standin.says(f"{INSTANCE}/logs/1", (200, whole))
    async with connect_as(server, "ana", desk=desk) as visit:
        text, _ = await call(visit, "get_task_log", dag_id="orders", run_id="r1", task_id="load")
    assert "line 3: Task failed with exception\n  ValueError: no customers\n    orders.py:9 in load" in text
    assert "200003 lines" in text
    assert len(text) < 2_000 * 3, "two thousand tokens are more than six thousand characters"


async def test_a_log_is_turned_over_page_by_page(standin: StandIn, desk: Desk) -> None:
    lines = [b'{"event": "row %d", "level": "info"}' % number for number in range(1, 1001)]
    standin.says(INSTANCE, (200, TASK))
    standin.says(f"{INSTANCE}/logs/1", (200, b"\n".join(lines)))
    seen: list[str] = []
    cursor = ""
    async with connect_as(server, "ana", desk=desk) as visit:
        while True:
            asked: dict[str, Any] = {"dag_id": "orders", "run_id": "r1", "task_id": "load", "mode": "range"}
            _, fields = await call(visit, "get_task_log", **asked, cursor=cursor)
            seen += fields["text"].strip("⟦⟧").splitlines()
            if not (cursor := fields["next_cursor"] or ""):
                break
    assert seen == [f"{number}: row {number}" for number in range(1, 1001)]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (b"not json at all\nnor this\n", "2 lines"),
        (b'{"event": {"a": 1}, "level": "error"}\n', '{"a":1}'),
        (b'{"event": "cut in the mid', "1 lines"),
        (b"\xff\xfe\x00\n", "1 lines"),
        (b'{"event": "' + b"x" * (3 << 20) + b'"}\n{"event": "after", "level": "error"}\n', "after"),
    ],
)
async def test_a_log_of_another_make_is_shown_as_it_is(standin: StandIn, desk: Desk, log: bytes, words: str) -> None:
    standin.says(INSTANCE, (200, TASK))
    standin.says(f"{INSTANCE}/logs/1", (200, log))
    async with connect_as(server, "ana", desk=desk) as visit:
        text, _ = await call(visit, "get_task_log", dag_id="orders", run_id="r1", task_id="load")
    assert words in text


HEADING = [
    '{"event": "::group::Log message source details"}',
    '{"event": "Could not read served logs: 404 Not Found"}',
    '{"event": "::endgroup::"}',
]


@pytest.mark.parametrize("mode", ["errors", "tail", "range"])
@pytest.mark.parametrize("log", ["", "\n".join(HEADING)])
async def test_a_log_that_is_not_kept_any_more_is_told_from_one_without_errors(
    standin: StandIn, desk: Desk, mode: str, log: str
) -> None:
    standin.says(INSTANCE, (200, TASK))
    standin.says(f"{INSTANCE}/logs/1", (200, log.encode()))
    async with connect_as(server, "ana", desk=desk) as visit:
        where = {"dag_id": "orders", "run_id": "r1", "task_id": "load", "mode": mode}
        text, _, error = await outcome(visit, "get_task_log", **where)
    assert error
    assert "Airflow has no line of this log, or keeps it no longer" in text
    assert ("404 Not Found" in text) == bool(log)


async def test_a_run_whose_log_is_gone_is_judged_without_it(standin: StandIn, desk: Desk) -> None:
    standin.says("dags/orders/details", (200, DAG))
    standin.says("dags/orders/dagRuns", (200, {"dag_runs": [RUN]}))
    standin.says("dags/orders/dagRuns/r1/taskInstances", (200, {"task_instances": [TASK]}))
    standin.says("dags/orders/tasks", (200, {"tasks": [{"task_id": "load"}]}))
    standin.says(f"{INSTANCE}/tries", (200, {"task_instances": [TASK]}))
    standin.says(f"{INSTANCE}/logs/1", (200, "\n".join(HEADING).encode()))
    async with connect_as(server, "ana", desk=desk) as visit:
        _, told = await call(visit, "diagnose_run", dag_id="orders")
    assert (told["cause"], told["task"], told["said"]) == ("task_failed", "load", None)
    assert "Airflow keeps nothing of it" in told["unavailable"][0]


async def test_a_run_that_an_asset_started_names_who_wrote_it(standin: StandIn, desk: Desk) -> None:
    night = {"run_type": "asset_triggered"}
    good = RUN | night | {"dag_run_id": "r0", "state": "success", "run_after": "2026-11-21T00:00:00Z"}
    written = {"timestamp": RUN["run_after"], "uri": "s3://lake", "source_dag_id": "crm", "source_run_id": "c7"}
    standin.says("dags/orders/details", (200, DAG))
    standin.says("dags/orders/dagRuns", (200, {"dag_runs": [RUN | night, good]}))
    standin.says("dags/orders/dagRuns/r1", (200, RUN | night))
    standin.says("dags/orders/dagRuns/r1/taskInstances", (200, {"task_instances": [TASK]}))
    standin.says("dags/orders/dagRuns/r1/upstreamAssetEvents", (200, {"asset_events": [written]}))
    standin.says("dags/orders/tasks", (200, {"tasks": [{"task_id": "load"}]}))
    standin.says(f"{INSTANCE}/tries", (200, {"task_instances": [TASK]}))
    standin.says(f"{INSTANCE}/logs/1", (200, b'{"event": "no customers", "level": "error"}\n'))
    async with connect_as(server, "ana", desk=desk) as visit:
        _, told = await call(visit, "diagnose_run", dag_id="orders", run_id="r1")
    assert told["changed"] == ["⟦asset s3://lake: written 2026-11-22 00:00 by airflow:run/crm/c7⟧"]
    assert len(standin.asked) <= 8


async def test_a_run_that_still_goes_on_is_no_failure_and_has_nothing_to_clear(
    standin: StandIn, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDBED_AIRFLOW_CHANGES", '{"data-engineering": ["*"]}')
    shared.cache_clear()
    running = TASK | {"state": "running", "start_date": "2026-11-22T00:01:00Z"}
    standin.says("dags/orders/details", (200, DAG))
    standin.says("dags/orders/dagRuns", (200, {"dag_runs": [RUN | {"state": "running"}]}))
    standin.says("dags/orders/dagRuns/r1", (200, RUN | {"state": "running"}))
    standin.says("dags/orders/dagRuns/r1/taskInstances", (200, {"task_instances": [running]}))
    standin.says("dags/orders/dagRuns/r1/hitlDetails", (200, {"hitl_details": []}))
    standin.says("dags/orders/clearTaskInstances", (200, {"task_instances": []}))
    standin.says("pools", (200, {"pools": []}))
    standin.says("monitor/health", (200, {"scheduler": {"status": "healthy"}}))
    async with connect_as(server, "ana", desk=desk) as visit:
        _, told = await call(visit, "diagnose_run", dag_id="orders", run_id="r1")
        text, fields, error = await outcome(visit, "clear_tasks", dag_id="orders", run_id="r1")
    assert (told["state"], told["cause"], told["task"]) == ("running", "running", "load")
    assert error
    assert "r1 is running and has no failed tasks to clear; nothing was changed" in text
    assert "approval" not in fields


async def test_a_log_beyond_the_operators_cap_says_so(
    standin: StandIn, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDBED_AIRFLOW_MOST_LOG_BYTES", str(1 << 16))
    shared.cache_clear()
    standin.says(INSTANCE, (200, TASK))
    standin.says(f"{INSTANCE}/logs/1", (200, log_of(10_000)))
    async with connect_as(server, "ana", desk=desk) as visit:
        text, _, error = await outcome(visit, "get_task_log", dag_id="orders", run_id="r1", task_id="load")
    assert error
    assert "longer than this server reads" in text


async def test_a_question_to_people_is_shown_with_the_page_that_people_open(
    standin: StandIn, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDBED_AIRFLOW_PAGE", "https://airflow.example.com/")
    shared.cache_clear()
    asking = TASK | {"state": "deferred", "map_index": 3}
    question = {
        "subject": "Pay?",
        "options": ["Approve", "Reject"],
        "task_instance": asking,
        "response_received": False,
    }
    standin.says("dags/orders/details", (200, DAG))
    standin.says("dags/orders/dagRuns", (200, {"dag_runs": [RUN | {"state": "running"}]}))
    standin.says("dags/orders/dagRuns/r1/taskInstances", (200, {"task_instances": [asking]}))
    standin.says("dags/orders/dagRuns/r1/hitlDetails", (200, {"hitl_details": [question, question]}))
    standin.says("pools", (200, {"pools": []}))
    standin.says("monitor/health", (200, {"scheduler": {"status": "healthy"}}))
    async with connect_as(server, "ana", desk=desk) as visit:
        text, told = await call(visit, "diagnose_run", dag_id="orders")
    place = "https://airflow.example.com/dags/orders/runs/r1/tasks/load/required_actions?map_index=3"
    assert (told["cause"], told["task"], told["page"]) == ("human", "load[3]", place)
    assert f"Page: {place}" in text
    assert "1 more question" in told["said"]
    assert {method for method, _, _ in standin.asked} == {"GET"}
