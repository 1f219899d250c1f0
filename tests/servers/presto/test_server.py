"""The tools as people meet them: through the real client, on a real engine, in both protocol eras."""

import json
from dataclasses import replace
from uuid import uuid4

import anyio
import pytest
from mcp.types import TextContent, TextResourceContents

from platform_core.approval.desk import Desk
from platform_core.testing import PEOPLE, connect_as
from servers.presto.server import server
from tests.servers.presto.conftest import History
from tests.servers.presto.visits import Era, call, outcome

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("era", ["auto", "legacy"])]

REVENUE = """
SELECT n.name AS nation, sum(l.extendedprice * (1 - l.discount)) AS revenue
FROM tpch.tiny.lineitem AS l
JOIN tpch.tiny.orders AS o ON o.orderkey = l.orderkey
JOIN tpch.tiny.customer AS c ON c.custkey = o.custkey
JOIN tpch.tiny.nation AS n ON n.nationkey = c.nationkey
GROUP BY n.name ORDER BY revenue DESC
"""
with_comments = pytest.mark.parametrize("engine_url", ["embedded"], indirect=True)
"""Trino's own TPC-H has none."""
LINES = "SELECT * FROM tpch.tiny.lineitem"
ENDLESS = "SELECT count(*) FROM tpch.tiny.lineitem a, tpch.tiny.lineitem b, tpch.tiny.lineitem c WHERE a.tax < b.tax"


@pytest.fixture
def once() -> str:
    """A word that no other query holds."""
    return uuid4().hex


async def test_a_data_engineer_finds_describes_and_queries(history: History, era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        _, found = await call(presto, "find_tables", words="lines of an order, extended price", within="tpch.tiny")
        assert found["tables"][0]["table"] == "tpch.tiny.lineitem"
        text, described = await call(presto, "describe_table", table="tiny.lineitem")
        assert "extendedprice" in text
        assert described["estimated_rows"] > 50_000
        text, answer = await call(presto, "run_query", sql=REVENUE)
    assert [column["name"] for column in answer["columns"]] == ["nation", "revenue"]
    assert len(answer["rows"]) == 25
    assert not answer["truncated"]
    assert "nation,revenue\n" in text


@with_comments
async def test_the_schemas_are_listed_and_then_their_tables(history: History, era: Era, desk: Desk) -> None:
    async with connect_as(server, "bo", era=era, desk=desk) as presto:
        _, places = await call(presto, "find_tables")
        assert {"name": "tpch.tiny", "tables": 8} in places["schemas"]
        text, listed = await call(presto, "find_tables", within="tpch.tiny")
    assert listed["total"] == 8
    assert "⟦tpch.tiny.customer (custkey name" in text


@with_comments
async def test_what_people_wrote_about_a_table_is_found_and_stands_between_fences(
    history: History, era: Era, desk: Desk
) -> None:
    async with connect_as(server, "bo", era=era, desk=desk) as presto:
        _, found = await call(presto, "find_tables", words="revenue")
        _, described = await call(presto, "describe_table", table=found["tables"][0]["table"])
    for comment in (found["tables"][0]["comment"], described["comment"], described["columns"][0]["comment"]):
        assert comment.startswith("⟦")
        assert comment.endswith("⟧")


async def test_the_engine_sees_the_person(history: History, era: Era, once: str, desk: Desk) -> None:
    mark = f"SELECT 'seen by the engine, {once}'"
    async with connect_as(server, "ada", era=era, desk=desk) as presto:
        _, answer = await call(presto, "run_query", sql=mark)
    checked, ran = history.of(mark)
    assert ran.query_id == answer["query_id"]
    assert {(query.user, query.source) for query in (checked, ran)} == {("ada", "seedbed-presto")}


async def test_a_person_on_the_browse_list_lists_and_calls_browsing_alone(
    history: History, era: Era, once: str, desk: Desk
) -> None:
    mark = f"SELECT 'not for bo, {once}'"
    async with connect_as(server, "bo", era=era, desk=desk) as presto:
        tools = await presto.list_tools()
        text, refusal, error = await outcome(presto, "run_query", sql=mark)
    assert {tool.name for tool in tools.tools} == {"find_tables", "describe_table", "check_query"}
    assert error
    assert refusal["code"] == "authorization_denied"
    assert "#ask-presto" in text
    assert history.of(mark) == []


async def test_a_hundred_rows_come_unless_asked_and_the_rest_is_cancelled(
    history: History, era: Era, once: str, desk: Desk
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        text, answer = await call(presto, "run_query", sql=f"{LINES} -- cut {once}")
        assert len(answer["rows"]) == 100
        assert answer["truncated"]
        assert "cut at 100 rows" in text
        _, fewer = await call(presto, "run_query", sql=LINES, max_rows=3)
        assert len(fewer["rows"]) == 3
    _checked, ran = history.until(f"cut {once}", "FAILED", "FINISHED")
    assert (ran.state, ran.error) == ("FAILED", "USER_CANCELED")


@pytest.mark.parametrize("rows", [0, -1, 1001, 10**30])
async def test_a_caller_cannot_ask_for_no_rows_or_more_than_the_cap(
    history: History, era: Era, rows: int, desk: Desk
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        text, fields, error = await outcome(presto, "run_query", sql="SELECT 1", max_rows=rows)
    assert error
    assert fields["code"] == "invalid"
    assert "max_rows" in text


async def test_a_missing_column_brings_the_planners_message_and_never_runs(
    history: History, era: Era, once: str, desk: Desk
) -> None:
    mark = f"SELECT 1,\n  n.nme -- {once}\nFROM tpch.tiny.nation AS n"
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        text, fields, error = await outcome(presto, "run_query", sql=mark)
    assert error
    assert "line 2, column 3" in text
    assert "Column 'n.nme' cannot be resolved" in text
    assert "Did you mean name?" in text
    assert fields["retryable"] is False
    [checked] = history.of(mark)
    assert checked.text.startswith("EXPLAIN")


async def test_a_misspelt_table_brings_the_names_that_look_like_it(history: History, era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        text, _, _ = await outcome(presto, "run_query", sql="SELECT * FROM tpch.tiny.natoin")
        assert "Did you mean tpch.tiny.nation" in text
        text, fields, _ = await outcome(presto, "describe_table", table="tpch.tiny.natoin")
        assert "Did you mean tpch.tiny.nation" in text
        assert fields["code"] == "not_found"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 'stacked'",
        "DROP TABLE tpch.tiny.nation",
        "EXPLAIN ANALYZE DELETE FROM tpch.tiny.nation",
        "SELECT * FROM TABLE(pg.system.query(query => 'DELETE FROM t'))",
        "WITH SESSION query_max_run_time = '9h' SELECT 1",
    ],
)
async def test_what_may_do_more_than_read_never_reaches_the_engine(
    history: History, era: Era, sql: str, desk: Desk
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        text, fields, error = await outcome(presto, "run_query", sql=sql)
    assert error
    assert fields["code"] == "invalid"
    assert text
    assert history.of(sql) == []


async def test_who_leaves_takes_the_query_along(history: History, era: Era, once: str, desk: Desk) -> None:
    mark = f"{ENDLESS} -- {once}"
    async with connect_as(server, "ana", era=era, desk=desk) as presto, anyio.create_task_group() as group:
        group.start_soon(presto.call_tool, "run_query", {"sql": mark})
        await anyio.to_thread.run_sync(history.until, mark, "RUNNING")
        group.cancel_scope.cancel()
    ended = await anyio.to_thread.run_sync(history.until, mark, "FAILED", "FINISHED")
    assert ended[-1].error == "USER_CANCELED"


async def test_the_list_of_tools_stays_small_and_tells_the_truth(era: Era, desk: Desk) -> None:
    everything = replace(PEOPLE["ana"].calling_from(), business_groups=frozenset({"ads", "data-platform"}))
    async with connect_as(server, everything, era=era, desk=desk) as presto:
        tools = (await presto.list_tools()).tools
    listed = json.dumps([tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools])
    assert len(tools) == 8
    assert len(listed) / 4 < 2_500
    changing = {tool.name for tool in tools if tool.annotations and tool.annotations.destructive_hint}
    assert changing == {"write_table"}
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools if tool.name not in changing)


async def test_the_guide_and_the_order_of_work_can_be_read_by_who_may_browse(era: Era, desk: Desk) -> None:
    async with connect_as(server, "bo", era=era, desk=desk) as presto:
        [guide] = (await presto.read_resource("presto://guide")).contents
        [said] = (await presto.get_prompt("answer_a_data_question", {"question": "How many orders?"})).messages
    assert isinstance(guide, TextResourceContents)
    assert "partition keys" in guide.text
    assert isinstance(said.content, TextContent)
    tools = ("find_tables", "describe_table", "check_query", "run_query")
    assert [said.content.text.find(tool) for tool in tools] == sorted(said.content.text.find(tool) for tool in tools)


async def test_a_sample_is_for_those_who_may_query(history: History, era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        text, described = await call(presto, "describe_table", table="tpch.tiny.region", sample_rows=2)
        _, plain = await call(presto, "describe_table", table="tpch.tiny.region")
    assert len(described["sample"]) == 2
    assert "sample:" in text
    assert plain["sample"] == []
    async with connect_as(server, "bo", era=era, desk=desk) as presto:
        _, fields, error = await outcome(presto, "describe_table", table="tpch.tiny.region", sample_rows=2)
        assert (error, fields["code"]) == (True, "denied")
        await call(presto, "describe_table", table="tpch.tiny.region")
