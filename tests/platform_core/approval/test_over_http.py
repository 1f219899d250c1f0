"""As hosted servers speak: stateless HTTP, where a 2025 client can't be asked and a 2026 client comes back."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from platform_core.adapter import session_managers
from platform_core.approval.desk import Desk
from platform_core.auth.principal import Principal
from platform_core.call import Call, current_call
from platform_core.experiment import unreviewed
from platform_core.running import host_security
from platform_core.testing import PEOPLE, Kept, answer_on_page
from tests.platform_core.approval.asking import MUCH, PULL, from_chat, says_yes
from tests.platform_core.visits import Era, both_eras, fields_of
from tests.servers.garden.beds import garden
from tests.servers.garden.server import server

BASE = "http://garden.test"
ANA = PEOPLE["ana"].calling_from()
TLS = ssl.create_default_context()


@asynccontextmanager
async def visit(who: Principal, desk: Desk, era: Era, **client: Any) -> AsyncGenerator[Client]:
    """The real client over HTTP; who calls is what the border would have found."""
    short, long = session_managers(server.compose(unreviewed(server, Kept()), desk), host_security(BASE))

    async def border(scope: Any, receive: Any, send: Any) -> None:
        mark = current_call.set(Call(principal=who))
        try:
            await short.asgi_app(scope, receive, send)
        finally:
            current_call.reset(mark)

    transport = httpx2.ASGITransport(border)
    async with (
        short.run(),
        long.run(),
        httpx2.AsyncClient(transport=transport, verify=TLS) as http,
        Client(streamable_http_client(f"{BASE}/mcp", http_client=http), mode=era, **client) as connected,
    ):
        yield connected


@pytest.mark.parametrize(("tool", "arguments"), [("water", MUCH), ("pull_up", PULL)])
async def test_a_2025_client_gets_the_link_for_cost_and_change_alike(
    tool: str, arguments: dict[str, Any], desk: Desk
) -> None:
    client = says_yes()
    async with visit(ANA, desk, "legacy", elicitation_callback=client) as connected:
        asked = await connected.call_tool(tool, arguments)
        assert fields_of(asked)["code"] == "approval_required"
        assert garden.work == []
        await answer_on_page(desk, asked)
        assert not (await connected.call_tool(tool, arguments)).is_error
    assert client.questions == []
    assert len(garden.work) == 1


async def test_a_2026_client_is_asked_by_form_for_cost(desk: Desk) -> None:
    client = says_yes()
    async with visit(ANA, desk, "auto", elicitation_callback=client) as connected:
        assert not (await connected.call_tool("water", MUCH)).is_error
    assert len(client.questions) == len(garden.work) == 1


async def test_a_2026_client_is_sent_to_the_page_for_a_change(desk: Desk) -> None:
    client = says_yes()
    async with visit(ANA, replace(desk, patience=0.0), "auto", elicitation_callback=client) as connected:
        asked = await connected.call_tool("pull_up", PULL)
    assert fields_of(asked)["url"] == getattr(client.questions[0], "url", None)
    assert garden.work == []


@both_eras
async def test_our_chat_is_asked_by_form_where_its_protocol_can(era: Era, desk: Desk) -> None:
    client = says_yes()
    async with visit(from_chat(), desk, era, elicitation_callback=client) as connected:
        result = await connected.call_tool("pull_up", PULL)
    assert (len(client.questions), result.is_error or False) == ((1, False) if era == "auto" else (0, True))
