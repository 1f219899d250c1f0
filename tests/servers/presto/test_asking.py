"""What a person is asked: before a query that is dear, and before every change of data."""

import time
from dataclasses import replace
from typing import Any

import pytest
import requests

from platform_core.approval.desk import Desk
from platform_core.testing import PEOPLE, answer_on_page, asked_by, connect_as
from servers.presto.server import server
from servers.presto.shared import shared
from tests.servers.presto.conftest import BOUND, History
from tests.servers.presto.visits import Era, call, outcome

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("era", ["auto", "legacy"])]

OLU = PEOPLE["olu"].calling_from()
NATION = "SELECT * FROM tpch.tiny.nation"
TABLE = "memory.default.kept"
INSERT = "INSERT INTO memory.default.kept SELECT nationkey, name FROM tpch.tiny.nation WHERE regionkey = 1"


def run(url: str, sql: str, user: str = "admin") -> list[list[Any]]:
    """A statement past the server, as somebody else at the engine."""
    page = requests.post(f"{url}/v1/statement", sql, headers={"X-Trino-User": user}, timeout=BOUND).json()
    rows: list[list[Any]] = page.get("data") or []
    while "nextUri" in page:
        page = requests.get(page["nextUri"], timeout=BOUND).json()
        rows += page.get("data") or []
    assert "error" not in page, page
    return rows


def checksum(url: str) -> list[list[Any]]:
    return run(url, "SELECT count(*), sum(k), max(n) FROM memory.default.kept")


@pytest.fixture
def dear(history: History, monkeypatch: pytest.MonkeyPatch) -> History:
    """An operator for whom everything is dear."""
    monkeypatch.setenv("SEEDBED_PRESTO_ASK_ABOVE_BYTES", "100")
    shared.cache_clear()
    return history


@pytest.fixture
def table(history: History, monkeypatch: pytest.MonkeyPatch) -> str:
    """A table of one row, on a server that may change it; its engine's address."""
    monkeypatch.setenv("SEEDBED_PRESTO_WRITES", "true")
    shared.cache_clear()
    run(history.url, f"DROP TABLE IF EXISTS {TABLE}")
    run(history.url, f"CREATE TABLE {TABLE} AS SELECT BIGINT '99' AS k, CAST('first' AS varchar(25)) AS n")
    return history.url


async def test_a_dear_query_waits_for_a_yes_and_then_runs_once(dear: History, era: Era, desk: Desk) -> None:
    mark = f"{NATION} -- {era}{time.time_ns()}"
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        waiting = await presto.call_tool("run_query", {"sql": mark})
        asked = (await asked_by(desk, waiting)).shown
        assert asked.question == "Read 2.73 KB for one query?"
        assert "25 rows" in asked.effect
        assert "name the columns instead of *" in asked.effect
        assert mark in asked.arguments
        assert not [query for query in dear.of(mark) if not query.text.startswith("EXPLAIN")]
        assert await answer_on_page(desk, waiting)
        _, answer = await call(presto, "run_query", sql=mark)
    assert len(answer["rows"]) == 25
    assert len([query for query in dear.of(mark) if not query.text.startswith("EXPLAIN")]) == 1


async def test_what_a_query_would_cost_is_told_before_it_runs(dear: History, era: Era, desk: Desk) -> None:
    async with connect_as(server, "bo", era=era, desk=desk) as presto:
        text, checked = await call(presto, "check_query", sql="SELECT name FROM tpch.tiny.nation")
    assert (checked["kind"], checked["approval_needed"], checked["bytes"]) == ("read", True, 302)
    assert checked["columns"] == ["name"]
    assert checked["tables"][0]["table"] == "tpch.tiny.nation"
    assert "asks the person first" in text


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        (INSERT, "write"),
        ("DROP TABLE x", "refused"),
        ("EXPLAIN ANALYZE SELECT 1", "refused"),
        ("EXPLAIN SELECT 1", "read"),
    ],
)
async def test_a_statement_is_classed_without_being_run(
    history: History, era: Era, desk: Desk, sql: str, kind: str
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        _, checked = await call(presto, "check_query", sql=sql)
    assert checked["kind"] == kind


async def test_changes_are_off_unless_the_operator_allows_them(history: History, era: Era, desk: Desk) -> None:
    async with connect_as(server, OLU, era=era, desk=desk) as presto:
        text, fields, error = await outcome(presto, "write_table", sql=INSERT)
    assert error
    assert (fields["code"], "switched off" in text) == ("denied", True)


async def test_a_change_shows_its_target_its_rows_and_the_statement_and_happens_once(
    table: str, era: Era, desk: Desk
) -> None:
    async with connect_as(server, OLU, era=era, desk=desk) as presto:
        waiting = await presto.call_tool("write_table", {"sql": INSERT})
        approval = await asked_by(desk, waiting)
        asked = approval.shown
        assert (asked.question, asked.target) == (f"INSERT {TABLE}?", TABLE)
        assert "has 1 row now" in asked.effect
        assert "25 rows" in asked.effect
        assert INSERT in asked.arguments
        assert checksum(table) == [[1, 99, "first"]]
        assert await answer_on_page(desk, waiting)
        text, done = await call(presto, "write_table", sql=INSERT)
        assert (done["changed"], done["rows_before"], done["rows_after"]) == (5, 1, 6)
        assert "5 rows changed" in text
        assert checksum(table)[0][0] == 6
        kept = await desk.store.read(approval.id, now=desk.clock())
        assert kept is not None
        assert (kept.state, kept.reference) == ("done", done["query_id"])
        _, again, error = await outcome(presto, "write_table", sql=INSERT)
        assert (error, again["code"]) == (True, "approval_required")
    assert checksum(table)[0][0] == 6


@pytest.mark.parametrize("answer", ["declined", "expired"])
async def test_a_change_that_nobody_said_yes_to_does_not_happen(table: str, era: Era, desk: Desk, answer: Any) -> None:
    async with connect_as(server, OLU, era=era, desk=desk) as presto:
        waiting = await presto.call_tool("write_table", {"sql": INSERT})
        await answer_on_page(desk, waiting, answer)
        _, _, error = await outcome(presto, "write_table", sql=INSERT)
    assert error
    assert checksum(table) == [[1, 99, "first"]]


async def test_a_yes_is_for_the_statement_that_was_shown(table: str, era: Era, desk: Desk) -> None:
    async with connect_as(server, OLU, era=era, desk=desk) as presto:
        waiting = await presto.call_tool("write_table", {"sql": INSERT})
        await answer_on_page(desk, waiting)
        _, fields, error = await outcome(presto, "write_table", sql=INSERT + " OR true")
    assert (error, fields["code"]) == (True, "approval_required")
    assert checksum(table) == [[1, 99, "first"]]


async def test_a_table_that_changed_between_question_and_yes_is_asked_about_again(
    table: str, era: Era, desk: Desk
) -> None:
    async with connect_as(server, OLU, era=era, desk=desk) as presto:
        waiting = await presto.call_tool("write_table", {"sql": INSERT})
        await answer_on_page(desk, waiting)
        run(table, "INSERT INTO memory.default.kept VALUES (BIGINT '7', 'meanwhile')")
        again = await presto.call_tool("write_table", {"sql": INSERT})
        assert again.is_error
        assert "has 2 rows now" in (await asked_by(desk, again)).shown.effect
        assert checksum(table)[0][0] == 2
        await answer_on_page(desk, again)
        _, done = await call(presto, "write_table", sql=INSERT)
    assert (done["rows_before"], done["rows_after"]) == (2, 7)


async def test_a_person_without_the_policy_is_not_even_asked(table: str, era: Era, desk: Desk) -> None:
    for login in ("ana", "ada", "bo"):
        async with connect_as(server, login, era=era, desk=desk) as presto:
            _, fields, error = await outcome(presto, "write_table", sql=INSERT)
        assert (error, fields["code"]) == (True, "authorization_denied")


async def test_a_new_table_is_planned_without_being_made(table: str, era: Era, desk: Desk) -> None:
    run(table, "DROP TABLE IF EXISTS memory.default.fresh")
    sql = "CREATE TABLE memory.default.fresh AS SELECT * FROM tpch.tiny.region"
    async with connect_as(server, OLU, era=era, desk=desk) as presto:
        waiting = await presto.call_tool("write_table", {"sql": sql})
        assert "does not exist yet" in (await asked_by(desk, waiting)).shown.effect
        assert run(table, "SHOW TABLES FROM memory.default LIKE 'fresh'") == []
        await answer_on_page(desk, waiting)
        _, done = await call(presto, "write_table", sql=sql)
    assert (done["rows_before"], done["rows_after"]) == (None, 5)


async def test_a_metric_is_for_ads_alone_and_brings_its_meaning(history: History, era: Era, desk: Desk) -> None:
    months = {"metric": "gross_revenue", "start": "1995-01-01", "end": "1995-04-01", "dimensions": ["segment"]}
    async with connect_as(server, "ada", era=era, desk=desk) as presto:
        text, answer = await call(presto, "get_revenue_metrics", **months)
        assert [column["name"] for column in answer["columns"]] == ["period", "segment", "value"]
        assert len(answer["rows"]) == 15
        assert "Owner: data-platform" in text
        wrong, fields, error = await outcome(presto, "get_revenue_metrics", **months | {"dimensions": ["salary"]})
        assert error
        assert "has no dimension salary: nation, segment, priority" in wrong
        _, _, error = await outcome(presto, "get_revenue_metrics", **months | {"end": "1995-01-01"})
        assert error
    for login in ("ana", "olu", "bo"):
        async with connect_as(server, login, era=era, desk=desk) as presto:
            assert "get_revenue_metrics" not in {tool.name for tool in (await presto.list_tools()).tools}
            _, fields, error = await outcome(presto, "get_revenue_metrics", **months)
            assert (error, fields["code"]) == (True, "authorization_denied")


async def test_an_earlier_question_of_a_person_is_shown_to_them_alone(history: History, era: Era, desk: Desk) -> None:
    mark = f"SELECT count(*) AS before_{time.time_ns()} FROM tpch.tiny.region"  # noqa: S608  # a number
    who = replace(PEOPLE["ana"].calling_from(), subject="eve")
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        await call(presto, "run_query", sql=mark)
        text, _ = await call(presto, "find_tables", words="region")
        assert f"you asked: {mark}" in text
    async with connect_as(server, who, era=era, desk=desk) as presto:
        text, _ = await call(presto, "find_tables", words="region")
    assert mark not in text
    assert "asked by 1 person" in text
