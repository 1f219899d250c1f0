"""Presto through both locks: figures for one group, all rows for one person, changes where they are on."""

import csv
import json
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceLink, TextContent, TextResourceContents

from tests.e2e.asking import open_page
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.engine import Engine
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited
from tests.platform_core.visits import fields_of, told

both_eras = pytest.mark.parametrize("era", ERAS)
METRIC = {"metric": "orders", "start": "1995-01-01", "end": "1996-01-01", "grain": "year"}


@both_eras
async def test_figures_are_for_ads_alone_and_a_refusal_never_reaches_the_engine(
    edge: Edge, engine: Engine, era: Era
) -> None:
    before = engine.asked_by("ana")
    async with edge.connect("ana", era=era) as presto:
        assert "get_revenue_metrics" not in {tool.name for tool in (await presto.list_tools()).tools}
    refused = edge.call("get_revenue_metrics", METRIC)
    assert refused.status == 403 or refused.result["structuredContent"]["code"] == "authorization_denied"
    assert engine.asked_by("ana") == before
    async with edge.connect("ada", era=era) as presto:
        figures = fields_of(await presto.call_tool("get_revenue_metrics", METRIC))
    [[year, orders]] = csv.reader(figures["rows"])
    [[counted]] = engine.rows("SELECT count(*) FROM tpch.tiny.orders WHERE year(orderdate) = 1995")
    assert (year[:4], int(orders)) == ("1995", counted)
    assert "Owner: data-platform" in figures["about"]


@both_eras
async def test_all_rows_are_read_by_link_by_whom_they_were_given_to(edge: Edge, era: Era) -> None:
    async with edge.connect("ana", era=era) as presto:
        answer = await presto.call_tool(
            "run_query", {"sql": "select orderkey from tpch.tiny.orders order by 1", "link": True}
        )
        text, link = answer.content
        assert isinstance(text, TextContent)
        assert isinstance(link, ResourceLink)
        pages = [(await presto.read_resource(f"{link.uri[:-1]}{number}")).contents[0] for number in (1, 2)]
    lines = [page.text.splitlines() for page in pages if isinstance(page, TextResourceContents)]
    assert [page[0] for page in lines] == ["orderkey", "orderkey"]
    assert int(lines[0][-1]) < int(lines[1][1])
    for other, why in (("ada", "You have no such page"), ("bo", "business groups")):
        async with edge.connect(other, era=era) as presto:
            with pytest.raises((MCPError, ExceptionGroup)) as refused:
                await presto.read_resource(link.uri)
        assert why in str(told(refused.value))


@both_eras
async def test_who_may_browse_reads_the_guide_and_is_shown_no_rows(edge: Edge, era: Era) -> None:
    async with edge.connect("bo", era=era) as presto:
        [guide] = (await presto.read_resource("presto://guide")).contents
        [said] = (await presto.get_prompt("answer_a_data_question", {"question": "How many?"})).messages
        table = {"table": "tpch.tiny.region"}
        described = fields_of(await presto.call_tool("describe_table", table))
        refused = fields_of(await presto.call_tool("describe_table", table | {"sample_rows": 2}))
    assert isinstance(guide, TextResourceContents)
    assert isinstance(said.content, TextContent)
    assert "sample" not in described or described["sample"] == []
    assert refused["code"] == "denied"


def test_the_engine_knows_the_person_and_no_token(edge: Edge, engine: Engine) -> None:
    answer = edge.call("run_query", {"sql": "select current_user"}).result["structuredContent"]
    assert answer["rows"] == ["ana"]
    known = engine.query(answer["query_id"], "ana")
    assert known["session"]["user"] == "ana"
    assert edge.token("ana").split(".")[1] not in json.dumps(known)


@both_eras
async def test_where_changes_are_off_nobody_is_asked_and_the_engine_hears_nothing(
    edge: Edge, engine: Engine, era: Era
) -> None:
    before = engine.asked_by("olu")
    async with edge.connect("olu", era=era) as presto:
        refused = fields_of(await presto.call_tool("write_table", {"sql": "delete from memory.default.t"}))
    assert refused["code"] == "denied"
    assert engine.asked_by("olu") == before


@pytest.fixture
def changing(mended: Stack, edge: Edge) -> Generator[None]:
    """Presto as its operator starts it where changes are wanted."""
    mended.stop("presto")
    mended.start("presto", {"SEEDBED_PRESTO_WRITES": "true"})
    awaited(lambda: edge.opens("olu", "presto"), "calls reach Presto")
    yield
    mended.stop("presto")


@pytest.mark.usefixtures("changing")
@both_eras
async def test_a_table_changes_once_after_its_persons_yes_and_never_without(
    edge: Edge, engine: Engine, era: Era
) -> None:
    table = f"memory.default.kept_{era}"
    some = "SELECT nationkey, name FROM tpch.tiny.nation WHERE regionkey"
    checksum = f"SELECT count(*), sum(nationkey), sum(length(name)), max(name) FROM {table}"  # noqa: S608
    insert = f"INSERT INTO {table} {some}"
    async with edge.connect("olu", era=era) as presto:

        async def write(sql: str) -> dict[str, Any]:
            return fields_of(await presto.call_tool("write_table", {"sql": sql}))

        made = await answered(write, f"CREATE TABLE {table} AS {some} = 0", "grant")
        assert (made["status"], made["rows_after"]) == ("finished", 5)
        before = engine.rows(checksum)
        assert "said no" in (await answered(write, f"{insert} = 2", "decline"))["message"]
        waiting = await write(f"{insert} = 3")  # nobody answers
        assert waiting["code"] == "approval_required"
        assert engine.rows(checksum) == before
        done = await answered(write, f"{insert} = 1", "grant")
        assert (done["changed"], done["rows_before"], done["rows_after"]) == (5, 5, 10)
        after = engine.rows(checksum)
        replayed, other = await write(f"{insert} = 1"), await write(f"{insert} = 1 AND nationkey = 2")
        assert {replayed["code"], other["code"]} == {"approval_required"}
        assert len({waiting["approval"], replayed["approval"], other["approval"]}) == 3
        assert engine.rows(checksum) == after
        for asked in (waiting, replayed, other):  # a person is asked so many things at once and no more
            with open_page(asked["url"], "olu") as page:
                page.answer("decline")
    ran = [text for text in engine.asked_by("olu").values() if text.startswith(insert)]
    assert ran == [f"{insert} = 1"]


async def answered(write: Callable[[str], Awaitable[dict[str, Any]]], sql: str, answer: str) -> dict[str, Any]:
    """Call, answer on the page as olu, and call again."""
    asked = await write(sql)
    with open_page(asked["url"], "olu") as page:
        assert sql.split()[0] in page.words
        page.answer(answer)
    return await write(sql)
