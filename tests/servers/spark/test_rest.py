"""A History Server and a live driver behind the tools: a small one here, that speaks the API's own words."""

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from servers.spark.sources import rest
from servers.spark.sources.live import amount
from tests.servers.spark.api import OOM, START, Api, history, listed, serving
from tests.servers.spark.conftest import Opening

pytestmark = pytest.mark.anyio
TRACE = (
    "java.lang.OutOfMemoryError: Java heap space\n\tat com.shop.Load.row(Load.scala:41)\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:1583)\n"
)


def driver(app_id: str) -> Api:
    """A live driver: a stage failed twice for want of memory, and the job goes on."""
    stage = {"stageId": 0, "attemptId": 0, "numTasks": 4, "numCompleteTasks": 1, "numFailedTasks": 2,
             "submissionTime": START, "name": "save", "executorRunTime": 9000, "jvmGcTime": 400}  # fmt: skip
    task = {"executorId": "1", "launchTime": START, "duration": 500, "errorMessage": TRACE}
    scan: dict[str, Any] = {"nodeName": "Scan", "metrics": [{"name": "number of files read", "value": "1,200"}]}
    nodes: list[Any] = [{"nodeId": 0} | scan, {"nodeId": 1, "nodeName": "Project"}]
    base, edges = f"applications/{app_id}", [{"fromId": 0, "toId": 1}]
    nothing = io.BytesIO()
    zipfile.ZipFile(nothing, "w").close()
    tables: dict[str, Any] = {
        "logs": nothing.getvalue(),  # as a driver of Spark 4.3 answers
        "environment": {"runtime": {"javaVersion": "17"}, "sparkProperties": [["spark.executor.memory", "1g"]]},
        "stages": [stage],
        "stages/0/0/taskList": [{"taskId": 1} | task, {"taskId": 2} | task],
        "jobs": [{"jobId": 0, "name": "save", "submissionTime": START, "stageIds": [0], "status": "RUNNING"}],
        "allexecutors": [{"id": "1", "hostPort": "h:7", "totalCores": 2, "addTime": START}],
        "sql": [{"id": 0, "status": "RUNNING", "submissionTime": START, "nodes": nodes, "edges": edges}],
    }
    own = listed(app_id, completed=False, lastUpdated=START)
    return Api({"applications": [own], base: own} | {f"{base}/{name}": table for name, table in tables.items()})


@pytest.fixture
def rest_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No folder of logs: whatever is known came by REST."""
    monkeypatch.setenv("SEEDBED_SPARK_EVENT_LOGS", "none")
    secret = tmp_path / "token"
    secret.write_text("the-servers-own")
    monkeypatch.setenv("SEEDBED_SPARK_REST_TOKEN_FILE", str(secret))
    return monkeypatch


async def test_a_history_servers_application_is_diagnosed_from_its_log(
    opened: Opening, rest_only: pytest.MonkeyPatch
) -> None:
    with serving(history()) as api:
        rest_only.setenv("SEEDBED_SPARK_REST", api.url)
        async with opened("ana") as spark:
            _, found = await spark.ask("find_applications")
            _, verdict = await spark.ask("diagnose_application", app_id=OOM)
    assert found["rows"][0][2] == "sick-executor_oom"
    assert (verdict["status"], verdict["kind"]) == ("failed", "out_of_memory_heap")
    assert {asked["Authorization"] for asked in api.asked} == {"Bearer the-servers-own"}
    assert "ana" not in str(api.asked)


async def test_a_live_driver_is_diagnosed_from_its_tables(opened: Opening, rest_only: pytest.MonkeyPatch) -> None:
    app_id = "app-20261122183520-0099"
    with serving(driver(app_id)) as api:
        rest_only.setenv("SEEDBED_SPARK_REST", api.url)
        async with opened("ana") as spark:
            said, verdict = await spark.ask("diagnose_application", app_id=app_id)
            plan, _ = await spark.ask("get_details", app_id=app_id, what="sql", id="0")
    assert (verdict["status"], verdict["kind"]) == ("running", "out_of_memory_heap")
    assert "com.shop.Load.row(Load.scala:41), 2 times" in said
    assert any("REST API" in missing for missing in verdict["unavailable"])
    assert "number of files read=1200" in plan


async def test_a_list_in_pages_is_asked_for_page_by_page(opened: Opening, rest_only: pytest.MonkeyPatch) -> None:
    app_id = "app-20261122183520-0099"
    every: list[Any] = [{"id": number, "status": "COMPLETED", "submissionTime": START} for number in range(450)]

    def page(asked: dict[str, list[str]]) -> list[Any]:
        start = int(asked["offset"][0])
        return every[start : start + int(asked["length"][0])]

    with serving(driver(app_id) | {f"applications/{app_id}/sql": page}) as api:
        rest_only.setenv("SEEDBED_SPARK_REST", api.url)
        async with opened("ana") as spark:
            _, sql = await spark.ask("get_details", app_id=app_id, what="sql")
    assert "of 450" in sql["note"]
    assert [asked["path"].rpartition("/")[2] for asked in api.asked].count("sql") == 3


async def test_an_answer_without_end_is_not_read_to_its_end(opened: Opening, rest_only: pytest.MonkeyPatch) -> None:
    rest_only.setattr(rest, "MOST_ANSWER", 1_000)
    with serving(Api({"applications": [listed(f"app-{number}") for number in range(50)]})) as api:
        rest_only.setenv("SEEDBED_SPARK_REST", api.url)
        async with opened("ana") as spark:
            said, _ = await spark.refusal("find_applications")
    assert "more than this server reads" in said


async def test_a_log_behind_a_url_is_read(opened: Opening, rest_only: pytest.MonkeyPatch) -> None:
    with serving(history() | {f"logs/{OOM}/7/stderr": f"26/11/23 10:00:00 ERROR Executor: {TRACE}".encode()}) as api:
        rest_only.setenv("SEEDBED_SPARK_REST", api.url)
        rest_only.setenv("SEEDBED_SPARK_LOGS", f"{api.url}/api/v1/logs/{{app_id}}/{{executor}}/{{stream}}")
        async with opened("ana") as spark:
            said, _ = await spark.ask("get_logs", app_id=OOM, source="executor", executor_id="7")
            gone, _ = await spark.refusal("get_logs", app_id=OOM, source="executor", executor_id="8")
    assert "First error, line 1: ERROR Executor: java.lang.OutOfMemoryError" in said
    assert "no such log" in gone


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"Spark is starting up. Please wait...", "starting up"),
        (503, "busy or starting"),
        (401, "refuses this server's own login"),
        (500, "HTTP 500"),
        ([{"no": "id"}], "unknown shape"),
    ],
)
async def test_an_api_that_can_not_answer_says_why(
    answer: Any, words: str, opened: Opening, rest_only: pytest.MonkeyPatch
) -> None:
    with serving(Api({"applications": answer})) as api:
        rest_only.setenv("SEEDBED_SPARK_REST", api.url)
        async with opened("ana") as spark:
            said, fields = await spark.refusal("find_applications")
    assert fields["code"] == "unavailable"
    assert words in said


async def test_an_api_that_is_not_there_is_not_reached(opened: Opening, rest_only: pytest.MonkeyPatch) -> None:
    rest_only.setenv("SEEDBED_SPARK_REST", "http://127.0.0.1:9")
    async with opened("ana") as spark:
        began = time.monotonic()
        said, _ = await spark.refusal("find_applications")
    assert "can't be reached" in said
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("6,000,000", 6_000_000),
        ("total (min)\n1.5 KiB (1.0 KiB)", 1536),
        ("15.2 s", 15_200),
        ("", None),
    ],
)
def test_metrics_are_read_as_the_page_shows_them(shown: str, value: int | None) -> None:
    assert amount(shown) == value
