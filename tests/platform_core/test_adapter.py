"""What the adapter takes from the protocol's library is still there, in both eras."""

from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer
from mcp.types import TextResourceContents

from platform_core import authorize_tool
from platform_core.adapter import MODERN, ComposedServer, put_around, session_managers
from platform_core.experiment import unreviewed
from platform_core.running import host_security
from platform_core.server import LIST_TTL_MS
from platform_core.testing import Kept, connect_as
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.server import server
from tests.platform_core.small import a_server
from tests.platform_core.visits import VERSIONS, Era, both_eras, records


@pytest.fixture(autouse=True)
def fresh_diary() -> None:
    diary.start_over()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@both_eras
async def test_each_era_is_spoken_and_remembered(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("look", {"thing": "vase"})
    assert [record.era for record in records(kept)] == [VERSIONS[era]]


def test_the_modern_era_is_the_one_that_the_library_calls_modern() -> None:
    from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

    assert MODERN in MODERN_PROTOCOL_VERSIONS
    assert not set(MODERN_PROTOCOL_VERSIONS) & set(HANDSHAKE_PROTOCOL_VERSIONS)


def test_the_librarys_own_span_is_taken_out_and_the_layer_is_innermost() -> None:
    bare: MCPServer[Any] = MCPServer("bare", log_level="WARNING")
    names = [type(middleware).__name__ for middleware in bare.middleware]
    assert names.count("OpenTelemetryMiddleware") == 1, "the library's own span has another name now"
    put_around(bare, unreviewed(server, Kept()))
    assert len(bare.middleware) == len(names)
    assert "OpenTelemetryMiddleware" not in [type(middleware).__name__ for middleware in bare.middleware]


@both_eras
async def test_an_argument_model_sees_the_arguments_as_the_caller_sent_them(era: Era, kept: Kept) -> None:
    """The layer reads raw parameters: what it records and judges is what was sent."""
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("look", {"thing": "vase", "extra": [1, {"deep": True}]})
    assert records(kept)[0].arguments == '{"thing":"vase","extra":[1,{"deep":true}]}'


def test_two_ways_in_share_one_server_and_differ_in_how_they_answer() -> None:
    short, long = session_managers(server.compose(unreviewed(server, Kept())), host_security("http://shop.test"))
    assert short is not long
    assert (short.json_response, long.json_response) == (True, False)
    assert short.stateless
    assert long.stateless
    assert short.app is long.app
    assert short.security_settings is not None


async def test_a_list_may_be_kept_by_the_persons_client_for_a_while_and_by_nobody_else() -> None:
    async with connect_as(server, "ana") as shop:
        for listed in (await shop.list_tools(), await shop.list_resources(), await shop.list_prompts()):
            assert (listed.ttl_ms, listed.cache_scope) == (LIST_TTL_MS, "private")


async def test_a_server_introduces_itself_by_its_manifest() -> None:
    async with connect_as(server, "ana", era="legacy") as shop:
        assert shop.server_info is not None
        assert (shop.server_info.name, shop.server_info.title) == ("shop", "Shop")
        assert shop.instructions == "A small shop with a tool of every kind."


def test_the_composed_server_is_the_librarys_own_kind() -> None:
    """Overriding the public `call_tool` is the seam; a library that stops calling it would bypass the doors."""
    assert issubclass(ComposedServer, MCPServer)
    assert "call_tool" in vars(MCPServer)


@both_eras
@pytest.mark.parametrize(
    "address",
    ["shop://LEDGER", "shop://ledger%20", "shop://ledge%72", "shop://ledger ", "shop://ledger:80", "shop://a@ledger"],
)
async def test_an_address_is_read_as_it_is_written_and_judged(era: Era, address: str) -> None:
    """The policy is found by the text of the address; a library that tidied it up would open another resource."""
    house = a_server()

    @house.resource("shop://ledger")
    @authorize_tool(policy="open")
    async def ledger() -> str:
        """Who bought what."""
        return "the ledger"

    @house.resource("shop://{room}")
    @authorize_tool(policy="open")
    async def room(room: str) -> str:
        """A room."""
        return f"the room {room}"

    async with connect_as(house, "ana", era=era) as visit:
        (content,) = (await visit.read_resource(address)).contents
    assert isinstance(content, TextResourceContents)
    assert content.text.startswith("the room")
