"""The list of DAGs: few requests, none passed over, and its age is told."""

import re
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from platform_core.approval.desk import Desk
from platform_core.testing import connect_as, desk_in
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


def many(standin: StandIn) -> None:
    """Five hundred DAGs, a hundred of them at a time."""
    known = [{"dag_id": f"orders_{number:03}"} for number in range(500)]
    pages = [known[start : start + 100] for start in range(0, 500, 100)]
    standin.says("dags", *[(200, {"dags": page, "total_entries": 500}) for page in pages])
    standin.says("dags/~/dagRuns/list", (200, {"dag_runs": []}))


async def test_five_hundred_dags_cost_at_most_five_requests(standin: StandIn, desk: Desk) -> None:
    many(standin)
    async with connect_as(server, "ana", desk=desk) as visit:
        _, found = await call(visit, "find_dags")
    assert len(standin.asked) <= 5
    assert found["next_cursor"] == "40"
    offsets = [re.search(r"offset=(\d+)", asked) for _, path, asked in standin.asked if path.endswith("/dags")]
    assert [each and int(each[1]) for each in offsets] == [0, 100, 200, 300], "none is passed over"
    assert "there are more, give a part of the id" in found["note"]


@pytest.mark.usefixtures("desk")
async def test_the_list_of_dags_is_kept_a_moment_and_says_its_age(standin: StandIn) -> None:
    standin.says("dags", (200, {"dags": [DAG], "total_entries": 1}))
    settings, api, _ = shared()
    now = [0.0]
    catalogue = Catalogue(60, clock=lambda: now[0])
    person = Person(login="ana", groups=frozenset(), settings=settings)
    session = Session(api=api, person=person, catalogue=catalogue)
    for now[0], age in ((0.0, 0.0), (30.0, 30.0), (61.0, 0.0)):
        assert (await catalogue.page(session))[1] == age
    assert standin.times("dags") == 2


async def test_a_part_of_an_id_is_meant_letter_by_letter(standin: StandIn, desk: Desk) -> None:
    standin.says("dags", (200, {"dags": [{"dag_id": "orders_eu"}, {"dag_id": "ordersXeu"}], "total_entries": 2}))
    standin.says("dags/~/dagRuns/list", (200, {"dag_runs": []}))
    async with connect_as(server, "ana", desk=desk) as visit:
        _, found = await call(visit, "find_dags", text="Orders_")
    assert [row[0] for row in found["rows"]] == ["orders_eu"]
    assert "dag_id_pattern=%25Orders_%25" in standin.asked[0][2], "Airflow looks first, so that few pages are read"


async def test_who_turns_the_pages_sees_every_dag_once(standin: StandIn, desk: Desk) -> None:
    many(standin)
    seen: list[str] = []
    cursor = ""
    async with connect_as(server, "ana", desk=desk) as visit:
        while True:
            before = len(standin.asked)
            _, found = await call(visit, "find_dags", cursor=cursor)
            assert len(standin.asked) - before <= 5
            seen += [row[0] for row in found["rows"]]
            if not (cursor := found["next_cursor"] or ""):
                break
    assert seen == [f"orders_{number:03}" for number in range(500)]
    assert standin.times("dags") == 5
