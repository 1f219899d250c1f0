"""A call that is stopped on its way answers a refusal, through the whole protocol and in both eras."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client
from mcp.types import CallToolResult

from platform_core import Server, authorize_tool
from platform_core.call import Call, current_call
from platform_core.experiment import draft
from platform_core.layer import Layer
from platform_core.testing import Kept
from platform_core.testing.people import PEOPLE
from tests.platform_core.books import Book, a_layer
from tests.platform_core.open_shop import OpenShop, answer_of
from tests.platform_core.serving import PATIENCE
from tests.platform_core.shop.diary import diary
from tests.platform_core.small import a_server
from tests.platform_core.visits import Era, both_eras, fields_of, records, text_of

SHOP, ANA = {"server": "shop"}, {"person": "ana"}


@asynccontextmanager
async def visiting(server: Server, book: Book, kept: Kept, era: Era) -> AsyncGenerator[tuple[Client, Layer]]:
    """The real client as ana, in memory, before a layer whose book the test holds."""
    layer = a_layer(server, book, kept)
    token = current_call.set(Call(principal=PEOPLE["ana"].calling_from()))
    try:
        async with Client(server.compose(layer), mode=era) as client:
            yield client, layer
    finally:
        current_call.reset(token)


def refused_as(result: CallToolResult, rule: str) -> bool:
    fields = fields_of(result)
    return (bool(result.is_error), fields["code"], fields["rule"]) == (True, "authorization_denied", rule)


@both_eras
async def test_a_stopped_tool_answers_with_a_refusal_that_a_model_can_read(era: Era) -> None:
    small, runs, kept = a_server("linger"), asyncio.Event(), Kept()

    @small.tool()
    @authorize_tool(policy="open")
    async def linger() -> str:
        """Stay for ever."""
        runs.set()
        await asyncio.Event().wait()
        return "never"

    book = Book(draft(small.manifest, small.contract()))
    async with visiting(small, book, kept, era) as (client, layer), asyncio.timeout(PATIENCE):
        call = asyncio.create_task(client.call_tool("linger", {}))
        await runs.wait()
        book.suspend({"server": "small", "tool": "linger"})
        layer.judge_again()
        result = await call
        assert refused_as(result, "small/suspended")
        assert "linger of small is suspended: an incident" in text_of(result)
        assert "linger" not in {tool.name for tool in (await client.list_tools()).tools}
        assert refused_as(await client.call_tool("linger", {}), "small/suspended")
    assert [record.outcome for record in records(kept)] == ["cancelled", "denied"]


@both_eras
async def test_of_two_people_in_one_long_tool_only_the_suspended_one_is_stopped(shop: OpenShop, era: Era) -> None:
    async def walk(who: str) -> dict[str, Any]:
        return answer_of(await asyncio.to_thread(shop.call, who, "walk", {"steps": 0}, era=era))

    ana = asyncio.create_task(walk("ana"))
    bo = asyncio.create_task(walk("bo"))
    await asyncio.to_thread(diary.wait_for, "walk 0", times=2)
    shop.suspend(ANA)
    async with asyncio.timeout(PATIENCE):
        stopped = (await ana)["result"]
    assert stopped["isError"]
    assert stopped["structuredContent"]["rule"] == "shop/suspended"
    assert "your access is suspended: an incident" in stopped["structuredContent"]["detail"]
    assert (bo.done(), diary.lines.count("walk was cancelled")) == (False, 1)
    assert shop.call("ana", "look", {"thing": "vase"}, era=era).json()["rule"] == "shop/suspended"
    shop.suspend(SHOP)
    async with asyncio.timeout(PATIENCE):
        assert (await bo)["result"]["structuredContent"]["rule"] == "shop/suspended"
    assert [(r.user, r.outcome) for r in records(shop.kept)] == [("ana", "cancelled"), ("bo", "cancelled")]
    assert shop.call("bo", "look", {"thing": "vase"}, era=era).status_code == 403
