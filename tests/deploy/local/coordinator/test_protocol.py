import json
from typing import Any

import pytest
import requests
from trino.client import ClientSession, TrinoQuery, TrinoRequest

from tests.deploy.local.coordinator.running import RunningCoordinator
from tests.deploy.local.coordinator.wire import Person

LINES = "SELECT * FROM tpch.tiny.lineitem"
STATS = """
    state queued scheduled nodes totalSplits queuedSplits runningSplits completedSplits planningTimeMillis
    analysisTimeMillis cpuTimeMillis wallTimeMillis queuedTimeMillis elapsedTimeMillis finishingTimeMillis
    physicalInputTimeMillis processedRows processedBytes physicalInputBytes physicalWrittenBytes
    internalNetworkInputBytes peakMemoryBytes spilledBytes
"""


def test_a_statement_is_queued_under_the_address_that_the_client_came_by(
    ana: Person, coordinator: RunningCoordinator
) -> None:
    answer = ana.post("SELECT 1")
    assert answer["stats"]["state"] == "QUEUED"
    assert answer["nextUri"].startswith(f"{coordinator.url}/v1/statement/queued/{answer['id']}/")
    by_name = requests.post(
        f"http://localhost:{coordinator.port}/v1/statement",
        data="SELECT 1",
        headers={"X-Trino-User": "ana"},
        timeout=60,
    )
    assert by_name.json()["nextUri"].startswith(f"http://localhost:{coordinator.port}/")


def test_nothing_runs_before_the_first_page_is_asked_for(ana: Person) -> None:
    ana.ask("DROP TABLE IF EXISTS memory.default.unasked")
    ana.post("CREATE TABLE memory.default.unasked AS SELECT 1 AS a")
    assert ana.ask("SHOW TABLES FROM memory.default LIKE 'unasked'")["data"] == []


@pytest.mark.parametrize(
    ("headers", "body", "status", "says"),
    [
        ({}, "SELECT 1", 401, "X-Trino-User must be sent"),
        ({"X-Trino-User": "ana"}, "", 400, "SQL statement is empty"),
        ({"X-Trino-User": "ana"}, " \n ", 400, "SQL statement is empty"),
        ({"X-Trino-User": "ana", "Host": "engine.example"}, "SELECT 1", 400, "Invalid host header"),
        ({"X-Trino-User": "ana"}, "x" * 9_000_000, 413, "too large"),
    ],
)
def test_what_is_no_statement_of_anybody_is_refused(
    coordinator: RunningCoordinator, headers: dict[str, str], body: str, status: int, says: str
) -> None:
    refusal = requests.post(f"{coordinator.url}/v1/statement", data=body, headers=headers, timeout=60)
    assert (refusal.status_code, says in refusal.text) == (status, True)


def test_a_page_can_be_asked_for_again_but_an_older_one_is_gone(ana: Person) -> None:
    first, second = [page["nextUri"] for page in ana.pages(LINES) if "nextUri" in page][1:3]
    query = ana.running(LINES)
    here = query["nextUri"]
    again = [ana.get(here)["data"][:3] for _ in range(2)]
    assert again[0] == again[1]
    assert first != second
    assert ana.status("GET", query["nextUri"]) == 200
    ahead = ana.get(here)["nextUri"]
    ana.get(ahead)
    assert ana.status("GET", here) == 404


def test_an_address_that_was_never_given_leads_nowhere(ana: Person) -> None:
    here = ana.running()["nextUri"]
    base, slug, token = here.rsplit("/", 2)
    guessed = f"{slug[:-1]}{'0' if slug[-1] != '0' else '1'}"
    assert ana.status("GET", f"{base}/{guessed}/{token}") == 404
    assert ana.status("DELETE", f"{base}/{guessed}/{token}") == 404
    for wrong in (str(int(token) + 1), "9" * 5000, "one", "-1"):
        assert ana.status("GET", f"{base}/{slug}/{wrong}") == 404
    assert ana.status("GET", here.replace("/executing/", "/elsewhere/")) == 404
    assert ana.status("DELETE", here) == 204


def test_whoever_has_the_address_can_go_on_from_it(ana: Person) -> None:
    query = ana.running(LINES)
    rows = len(query.get("data", []))
    with requests.Session() as another:
        while "nextUri" in query:
            query = another.get(query["nextUri"], timeout=60).json()
            rows += len(query.get("data", []))
    assert rows == 60_175


def test_rows_come_in_pages_of_about_a_megabyte_with_their_columns(ana: Person) -> None:
    pages = [page for page in ana.pages(LINES) if "data" in page]
    sizes = [len(json.dumps(page["data"])) for page in pages]
    assert len(pages) > 5
    assert max(sizes) < 1_500_000
    assert all(page["columns"][0]["name"] == "orderkey" for page in pages)


def test_every_answer_says_how_far_the_query_is(ana: Person) -> None:
    pages = list(ana.pages("SELECT count(*) FROM tpch.tiny.orders"))
    assert all(set(STATS.split()) <= set(page["stats"]) for page in pages)
    last = pages[-1]["stats"]
    assert (last["state"], last["progressPercentage"], last["processedRows"]) == ("FINISHED", 100.0, 15_000)
    assert "nextUri" not in pages[-1]


def test_the_steps_of_the_trino_package_work_one_at_a_time(coordinator: RunningCoordinator) -> None:
    request = TrinoRequest("127.0.0.1", coordinator.port, ClientSession(user="ana", encoding=None), max_attempts=1)
    query: Any = TrinoQuery(request, "SELECT name FROM tpch.tiny.region ORDER BY name")
    assert [row for [row] in query.execute()] == ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"]
    assert query.stats["state"] == "FINISHED"


def test_the_engine_says_what_it_is_and_that_it_is_well(coordinator: RunningCoordinator) -> None:
    info = requests.get(f"{coordinator.url}/v1/info", timeout=60).json()
    assert (info["nodeVersion"]["version"], info["coordinator"], info["starting"]) == ("476", True, False)
    assert requests.get(f"{coordinator.url}/healthz", timeout=60).json() == {"status": "ok", "schemas": ["tiny"]}
