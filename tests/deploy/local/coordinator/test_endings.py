import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from trino.exceptions import TrinoUserError

from tests.deploy.local.coordinator.running import RunningCoordinator, running_coordinator
from tests.deploy.local.coordinator.wire import LONG, Answer, Driver, Person


def test_a_cancelled_query_says_so_and_stops(ana: Person) -> None:
    query = ana.running()
    assert ana.status("DELETE", query["nextUri"]) == 204
    last = ana.get(query["nextUri"])
    assert last["error"]["errorName"] == "USER_CANCELED"
    assert (last["stats"]["state"], "nextUri" in last) == ("FAILED", False)


def test_how_a_query_ended_can_be_asked_again(ana: Person) -> None:
    failed = list(ana.pages("SELECT nme FROM tpch.tiny.nation"))
    there = failed[-2]["nextUri"]
    assert [ana.get(there)["error"]["errorName"] for _ in range(2)] == ["COLUMN_NOT_FOUND"] * 2
    done = list(ana.pages("SELECT 1"))
    assert [ana.get(done[-2]["nextUri"])["stats"]["state"] for _ in range(2)] == ["FINISHED"] * 2


def test_a_statement_can_be_cancelled_before_it_runs(ana: Person) -> None:
    ana.ask("DROP TABLE IF EXISTS memory.default.regretted")
    query = ana.post("CREATE TABLE memory.default.regretted AS SELECT 1 AS a")
    assert ana.status("DELETE", query["nextUri"]) == 204
    assert ana.get(query["nextUri"])["error"]["errorName"] == "USER_CANCELED"
    assert ana.ask("SHOW TABLES FROM memory.default LIKE 'regretted'")["data"] == []


def test_a_query_that_is_done_cannot_be_cancelled_any_more(ana: Person) -> None:
    query = next(page for page in ana.pages("SELECT 1") if "data" in page)
    assert ana.status("DELETE", query["nextUri"]) == 204
    assert ana.get(query["nextUri"])["stats"]["state"] == "FINISHED"


def test_a_reader_who_stops_in_the_middle_can_cancel_the_rest(ana: Person) -> None:
    query = next(page for page in ana.pages("SELECT * FROM tpch.tiny.lineitem") if "data" in page)
    assert query["stats"]["state"] == "RUNNING"
    ana.status("DELETE", query["nextUri"])
    last = ana.get(query["nextUri"])
    assert ("data" in last, last["error"]["errorName"]) == (False, "USER_CANCELED")


def test_the_trino_package_cancels_from_another_thread(trino: Driver) -> None:
    seen = threading.Event()

    def look(stats: dict[str, str]) -> None:
        if stats["state"] == "RUNNING":
            seen.set()

    cursor = trino.connection.cursor(stats_callback=look)
    failures: list[TrinoUserError] = []

    def execute() -> None:
        with pytest.raises(TrinoUserError) as caught:
            cursor.execute(LONG)
        failures.append(caught.value)

    asking = threading.Thread(target=execute)
    asking.start()
    assert seen.wait(60)
    cursor.cancel()
    asking.join(60)
    assert [failure.error_name for failure in failures] == ["USER_CANCELED"]


def test_only_the_person_who_asked_may_look_at_a_query_or_kill_it(ana: Person, coordinator: RunningCoordinator) -> None:
    query = ana.running()
    address = f"{coordinator.url}/v1/query/{query['id']}"
    assert Person(coordinator, "bo").status("GET", address) == 403
    assert Person(coordinator, "bo").status("DELETE", address) == 403
    assert requests.delete(address, timeout=60).status_code == 401
    assert ana.get(query["nextUri"])["stats"]["state"] == "RUNNING"
    assert ana.status("DELETE", address) == 204
    assert ana.described(query["id"]).json()["errorCode"]["name"] == "USER_CANCELED"


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("query_max_run_time", "Query exceeded maximum time limit of 0.30s"),
        ("query_max_execution_time", "Query exceeded the maximum execution time limit of 0.30s"),
    ],
)
def test_a_query_ends_at_the_time_limit_of_its_session(coordinator: RunningCoordinator, limit: str, says: str) -> None:
    hasty = Person(coordinator, Session=f"{limit}=300ms")
    error = hasty.ask(LONG)["error"]
    assert (error["errorName"], error["errorType"]) == ("EXCEEDED_TIME_LIMIT", "INSUFFICIENT_RESOURCES")
    assert error["message"] == says


def test_a_query_that_nobody_asks_for_is_ended_and_frees_its_worker(data: Path) -> None:
    with running_coordinator(data, client_timeout_s=0.5, running=1) as coordinator:
        left = Person(coordinator).running()
        other = Person(coordinator, "bo")
        assert other.ask("SELECT 1")["data"] == [[1]]  # there is one worker, and it was busy
        history = other.ask("SELECT query_id, state, error_code FROM system.runtime.queries")["data"]
        assert [left["id"], "FAILED", "ABANDONED_QUERY"] in history


def test_a_reader_who_is_slow_holds_the_engine_back_instead_of_filling_it(
    ana: Person, coordinator: RunningCoordinator
) -> None:
    before = _memory(coordinator)
    query = next(
        page for page in ana.pages("SELECT * FROM tpch.tiny.lineitem, UNNEST(sequence(1, 500))") if "data" in page
    )
    for _ in range(20):
        query = ana.get(query["nextUri"])
    assert query["stats"]["state"] == "RUNNING"
    assert _memory(coordinator) - before < 300_000
    ana.status("DELETE", query["nextUri"])


def _memory(coordinator: RunningCoordinator) -> int:
    status = Path(f"/proc/{coordinator.process.pid}/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def test_a_query_that_needs_too_much_memory_fails_alone(data: Path) -> None:
    with running_coordinator(data, memory="60MB") as coordinator:
        person = Person(coordinator)
        greedy = person.ask(
            "SELECT count(*) FROM (SELECT DISTINCT l.*, x FROM tpch.tiny.lineitem l, UNNEST(sequence(1, 20)) u(x))"
        )
        assert greedy["error"]["errorName"] == "EXCEEDED_LOCAL_MEMORY_LIMIT"
        assert person.ask("SELECT 1")["data"] == [[1]]
    assert not list(Path.cwd().glob(".tmp"))


def test_queries_beyond_the_workers_wait_their_turn(data: Path) -> None:
    with running_coordinator(data, running=2) as coordinator:
        people = [Person(coordinator, f"person{i}") for i in range(3)]
        busy = [person.running() for person in people[:2]]
        waiting = people[2].get(people[2].post("SELECT 1")["nextUri"])
        assert waiting["stats"]["state"] == "QUEUED"
        people[0].status("DELETE", busy[0]["nextUri"])
        assert _rest(waiting, people[2].get) == [[1]]


def _rest(answer: Answer, get: Callable[[str], Answer]) -> list[list[object]]:
    rows = list[list[object]]()
    while "nextUri" in answer:
        answer = get(answer["nextUri"])
        rows += answer.get("data", [])
    return rows


def test_many_people_ask_at_once_and_each_gets_the_own_answer(coordinator: RunningCoordinator) -> None:
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        person = Person(coordinator, f"person{number}")
        answers[number] = person.ask("SELECT current_user, sum(quantity) FROM tpch.tiny.lineitem")["data"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {number: [[f"person{number}", 1_536_127.0]] for number in range(30)}
