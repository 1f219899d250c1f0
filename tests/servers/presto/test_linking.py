"""All rows as CSV: for the person who asked, under the policy that let them ask, for a short while."""

import csv
import io
from itertools import count
from pathlib import Path

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceLink, TextContent, TextResourceContents

from platform_core.approval.desk import Desk
from platform_core.experiment import draft
from platform_core.policy.artefact import ToolRule
from platform_core.testing import connect_as
from servers.presto.memory.file import File
from servers.presto.memory.links import Links
from servers.presto.server import server
from servers.presto.shared import shared
from tests.servers.presto.conftest import History
from tests.servers.presto.visits import Era

pytestmark = pytest.mark.anyio
both_eras = pytest.mark.parametrize("era", ["auto", "legacy"])
ORDERS = "SELECT orderkey, comment FROM tpch.tiny.orders ORDER BY orderkey LIMIT 1200"


async def link_to(presto: Client, sql: str) -> str:
    """The address of all rows of a statement."""
    answer = await presto.call_tool("run_query", {"sql": sql, "link": True})
    text, link = answer.content
    assert isinstance(text, TextContent)
    assert "linked as CSV" in text.text
    assert isinstance(link, ResourceLink)
    assert link.mime_type == "text/csv"
    return link.uri


async def page(presto: Client, uri: str) -> list[list[str]]:
    [content] = (await presto.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return list(csv.reader(io.StringIO(content.text)))


@both_eras
async def test_all_rows_come_once_page_by_page_under_their_names(history: History, era: Era, desk: Desk) -> None:
    found: list[list[str]] = []
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        first = await link_to(presto, ORDERS)
        pages = (f"{first.rpartition('/')[0]}/{number}" for number in count(1))
        while len(found) < 1200:
            header, *lines = await page(presto, next(pages))
            assert header == ["orderkey", "comment"]
            found += lines
        with pytest.raises(MCPError) as ended:
            await presto.read_resource(next(pages))
        assert ended.value.error.data["code"] == "not_found"
        assert (await page(presto, first))[1] == found[0]
    keys = [int(key) for key, _ in found]
    assert len(keys) == 1200
    assert keys == sorted(set(keys))


async def test_another_replica_reads_on(history: History, desk: Desk) -> None:
    async with connect_as(server, "ana", desk=desk) as presto:
        first = await link_to(presto, ORDERS)
        await page(presto, first)
        await shared().close()
        shared.cache_clear()
        assert len(await page(presto, f"{first.rpartition('/')[0]}/2")) > 1


@both_eras
async def test_a_link_opens_nothing_to_anybody_else(history: History, era: Era, desk: Desk) -> None:
    sql = f"{ORDERS} -- for ana {era}"
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        uri = await link_to(presto, sql)
    before = len(history.of(f"for ana {era}"))
    async with connect_as(server, "ada", era=era, desk=desk) as presto:
        with pytest.raises(MCPError, match="You have no such page"):
            await presto.read_resource(uri)
    async with connect_as(server, "bo", era=era, desk=desk) as presto:
        with pytest.raises(MCPError, match="business groups"):
            await presto.read_resource(uri)
    assert len(history.of(f"for ana {era}")) == before


@both_eras
async def test_a_link_ends_with_the_policy_and_the_contract_that_it_was_given_under(
    history: History, era: Era, desk: Desk
) -> None:
    contract = server.contract()
    async with connect_as(server, "ana", era=era, desk=desk) as presto:
        uri = await link_to(presto, ORDERS)
    newer = draft(server.manifest, contract, version=2)
    async with connect_as(server, "ana", era=era, desk=desk, policy=newer) as presto:
        with pytest.raises(MCPError, match="policy changed"):
            await presto.read_resource(uri)
    same = draft(server.manifest, contract)
    other_contract = same.model_copy(update={"contract_digest": "0" * len(same.contract_digest)})
    async with connect_as(server, "ana", era=era, desk=desk, policy=other_contract) as presto:
        with pytest.raises(MCPError, match="policy changed"):
            await presto.read_resource(uri)
    closed = same.model_copy(
        update={"tools": same.tools | {"run_query": ToolRule(policy="write", risk="cost", data_class="restricted")}}
    )
    async with connect_as(server, "ana", era=era, desk=desk, policy=closed) as presto:
        with pytest.raises(MCPError, match="may call `run_query`"):
            await presto.read_resource(uri)


@pytest.mark.parametrize("end", ["0", "x", "-1", "9999999", "2", "%31"])
async def test_a_page_that_was_not_given_is_told_so(history: History, desk: Desk, end: str) -> None:
    async with connect_as(server, "ana", desk=desk) as presto:
        uri = await link_to(presto, ORDERS)
        if end == "%31":
            assert await page(presto, f"{uri.rpartition('/')[0]}/{end}")
            return
        with pytest.raises(MCPError) as failed:
            await presto.read_resource(f"{uri.rpartition('/')[0]}/{end}")
    assert failed.value.error.data["code"] == "not_found"


async def test_without_a_wish_or_a_need_nothing_is_linked(history: History, desk: Desk) -> None:
    async with connect_as(server, "ana", desk=desk) as presto:
        unasked = await presto.call_tool("run_query", {"sql": ORDERS})
        whole = await presto.call_tool("run_query", {"sql": "SELECT 1 AS n", "link": True})
    assert [len(answer.content) for answer in (unasked, whole)] == [1, 1]


async def test_a_link_lives_for_a_short_while(tmp_path: Path) -> None:
    file = File(tmp_path)
    for seconds, found in ((60.0, True), (0.0, False)):
        links = Links(file, seconds=seconds)
        ticket = await links.give("ana", "dev/presto/1", "SELECT 1")
        assert bool(await links.of("ana", "dev/presto/1", ticket)) is found
        assert await links.of("bo", "dev/presto/1", ticket) is None
        assert await links.of("ana", "dev/presto/2", ticket) is None
