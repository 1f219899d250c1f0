"""The list of DAGs: few requests, none passed over, and its age is told."""

import re
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from mcp import Client

from platform_core.approval.desk import Desk
from platform_core.testing import connect_as, desk_in
from servers.airflow import finding
from servers.airflow.persons import Person
from servers.airflow.server import server
from servers.airflow.session import Catalogue, Session, shared
from tests.servers.airflow.standin import StandIn, stand_in
from tests.servers.airflow.visits import call

DAG = {"dag_id": "orders"}


@pytest.fixture
def standin() -> Generator[StandIn]:
    with stand_in() as there:
        yield there


@pytest.fixture
async def desk(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Desk]:
    (tmp_path / "token").write_text("of-the-service")
    monkeypatch.setenv("SEEDBED_AIRFLOW_URL", standin.url)
    monkeypatch.setenv("SEEDBED_AIRFLOW_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("SEEDBED_AIRFLOW_CATALOGUE_SECONDS", "600")
    shared.cache_clear()
    yield desk_in(tmp_path, server)
    await shared()[1].close()
    shared.cache_clear()


NAMES = [f"orders_{number:03}" for number in range(500)]


def many(standin: StandIn, *, at_once: int = 100) -> None:
    """Five hundred DAGs, and an operator who lets so many of them out at once."""

    def part(_: int) -> tuple[int, object]:
        start = int(re.findall(r"offset=(\d+)", standin.asked[-1][2])[0])
        return 200, {"dags": [{"dag_id": name} for name in NAMES[start : start + at_once]], "total_entries": 500}

    standin.answers["/api/v2/dags"] = part
    standin.says("dags/~/dagRuns/list", (200, {"dag_runs": []}))


async def test_five_hundred_dags_cost_at_most_five_requests(standin: StandIn, desk: Desk) -> None:
    many(standin)
    async with connect_as(server, "ana", desk=desk) as visit:
        _, found = await call(visit, "find_dags")
    assert len(standin.asked) <= 5
    assert (found["note"], found["next_cursor"]) == ("DAGs (1 to 40 of 500)", "40")


@pytest.mark.usefixtures("desk")
async def test_the_list_of_dags_is_kept_a_moment_and_says_its_age(standin: StandIn) -> None:
    standin.says("dags", (200, {"dags": [DAG], "total_entries": 1}))
    standin.says("dags/~/dagRuns/list", (200, {"dag_runs": []}))
    settings, api, _ = shared()
    now = [0.0]
    catalogue = Catalogue(60, clock=lambda: now[0])
    person = Person(login="ana", groups=frozenset(), settings=settings)
    session = Session(api=api, person=person, catalogue=catalogue)
    for now[0], age in ((0.0, ""), (30.0, ", as of 30 s ago"), (61.0, "")):
        assert (await finding.find(session, "", "", "", "")).note == f"DAGs{age} (1 row)"
    assert standin.times("dags") == 2


async def test_a_part_of_an_id_is_meant_letter_by_letter(standin: StandIn, desk: Desk) -> None:
    standin.says("dags", (200, {"dags": [{"dag_id": "orders_eu"}, {"dag_id": "ordersXeu"}], "total_entries": 2}))
    standin.says("dags/~/dagRuns/list", (200, {"dag_runs": []}))
    async with connect_as(server, "ana", desk=desk) as visit:
        _, found = await call(visit, "find_dags", text="Orders_")
    assert [row[0] for row in found["rows"]] == ["orders_eu"]
    assert "dag_id_pattern=%25Orders_%25" in standin.asked[0][2], "Airflow looks first, so that few pages are read"


@pytest.mark.parametrize("at_once", [100, 30])
@pytest.mark.parametrize("kept", ["0", "600"])
async def test_who_turns_the_pages_sees_every_dag_once_however_slowly(
    standin: StandIn, desk: Desk, monkeypatch: pytest.MonkeyPatch, kept: str, at_once: int
) -> None:
    monkeypatch.setenv("SEEDBED_AIRFLOW_CATALOGUE_SECONDS", kept)
    shared.cache_clear()
    many(standin, at_once=at_once)
    async with connect_as(server, "ana", desk=desk) as visit:
        assert await turned(visit, standin) == NAMES


async def test_who_may_see_few_turns_the_same_pages_and_is_told_no_count(
    standin: StandIn, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDBED_AIRFLOW_READS", '{"*": ["orders_49*", "orders_007"]}')
    shared.cache_clear()
    many(standin)
    async with connect_as(server, "ana", desk=desk) as visit:
        _, first = await call(visit, "find_dags")
        assert await turned(visit, standin) == ["orders_007", *NAMES[490:]]
    assert first["note"] == "DAGs (1 row)"


async def turned(visit: Client, standin: StandIn) -> list[str]:
    """The DAGs of all pages, each of few requests."""
    seen: list[str] = []
    cursor = ""
    while True:
        before = len(standin.asked)
        _, found = await call(visit, "find_dags", cursor=cursor)
        assert len(standin.asked) - before <= 5
        seen += [row[0] for row in found["rows"]]
        if not (cursor := found["next_cursor"] or ""):
            return seen


def runs_of(dag_id: str, number: int) -> list[dict[str, str]]:
    return [
        {"dag_id": dag_id, "dag_run_id": f"r{each}", "state": "success", "run_after": "2026-11-22T00:00:00Z"}
        for each in range(number)
    ]


@pytest.mark.parametrize(
    ("second", "last_run"),
    [
        ({"dag_runs": runs_of("monthly", 1), "total_entries": 1}, "success r0"),
        ({"dag_runs": [], "total_entries": 0}, None),
        ({"dag_runs": runs_of("yearly", 100), "total_entries": 101}, "older"),
    ],
)
async def test_a_last_run_behind_many_of_another_dag_is_looked_for_and_never_taken_for_none(
    standin: StandIn, desk: Desk, second: dict[str, object], last_run: str | None
) -> None:
    dags = [{"dag_id": name} for name in ("hourly", "monthly", "yearly")]
    standin.says("dags", (200, {"dags": dags, "total_entries": 3}))
    first = {"dag_runs": runs_of("hourly", 100), "total_entries": 250}
    standin.says("dags/~/dagRuns/list", (200, first), (200, second))
    async with connect_as(server, "ana", desk=desk) as visit:
        _, found = await call(visit, "find_dags")
    assert found["rows"][0][4] == "success r0"
    assert found["rows"][1][4] == last_run
    assert ("list_runs shows the older ones" in found["note"]) == (last_run == "older")
    assert len(standin.asked) <= 5
