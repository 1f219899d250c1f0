"""Presto through both locks: figures for one group, all rows for one person, changes where they are on."""

import json

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceLink, TextContent, TextResourceContents

from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.engine import Engine
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
    [[year, orders]] = figures["rows"]
    [[counted]] = engine.rows("SELECT count(*) FROM tpch.tiny.orders WHERE year(orderdate) = 1995")
    assert (str(year)[:4], orders) == ("1995", counted)
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
    assert answer["rows"] == [["ana"]]
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
