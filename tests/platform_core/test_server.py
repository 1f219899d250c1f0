"""A manifest and functions that tell different stories do not start; what starts is what they tell."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from platform_core import Caller, Server, Untrusted, WiringError, authorize_tool
from platform_core.testing import connect_as
from tests.platform_core.shop.server import server as shop
from tests.platform_core.small import a_server
from tests.platform_core.visits import Era, both_eras, text_of


def test_a_tool_without_a_policy_does_not_start() -> None:
    with pytest.raises(WiringError, match="the tool look has no policy"):

        @a_server("look").tool()
        async def look() -> str:  # pyright: ignore[reportUnusedFunction]
            """Look."""
            return "seen"


def test_a_resource_without_a_policy_does_not_start() -> None:
    with pytest.raises(WiringError, match="the resource rules has no policy"):

        @a_server().resource("x://rules")
        async def rules() -> str:  # pyright: ignore[reportUnusedFunction]
            """Rules."""
            return "none"


def test_a_prompt_without_a_policy_does_not_start() -> None:
    with pytest.raises(WiringError, match="the prompt greeting has no policy"):

        @a_server().prompt()
        async def greeting() -> str:  # pyright: ignore[reportUnusedFunction]
            """Greet."""
            return "hello"


def test_a_decorator_in_the_wrong_order_does_not_start() -> None:
    with pytest.raises(WiringError, match="has no policy"):

        @authorize_tool(policy="open")
        @a_server("look").tool()
        async def look() -> str:  # pyright: ignore[reportUnusedFunction]
            """Look."""
            return "seen"


def test_a_tool_that_blocks_the_process_does_not_start() -> None:
    with pytest.raises(WiringError, match="look must be `async def`"):

        @a_server("look").tool()
        @authorize_tool(policy="open")
        def look() -> str:  # pyright: ignore[reportUnusedFunction]
            """Look."""
            return "seen"


@pytest.mark.parametrize("kind", ["resource", "prompt"])
def test_a_resource_or_a_prompt_that_blocks_the_process_does_not_start(kind: str) -> None:
    def rules() -> str:
        """Rules."""
        return "none"

    server = a_server()
    publish = server.resource("x://rules") if kind == "resource" else server.prompt()
    with pytest.raises(WiringError, match="async def"):
        publish(authorize_tool(policy="open")(rules))


@pytest.mark.parametrize("returns", [int, dict[str, int], list[str], None, Any, BaseModel | None])
def test_a_tool_that_returns_what_nobody_can_publish_does_not_start(returns: Any) -> None:
    async def look():  # type: ignore[no-untyped-def]
        """Look."""

    look.__annotations__["return"] = returns
    with pytest.raises(WiringError, match="must return a pydantic model, `str` or `Untrusted`"):
        a_server("look").tool()(authorize_tool(policy="open")(look))


def test_a_tool_without_words_for_the_model_does_not_start() -> None:
    with pytest.raises(WiringError, match="the tool look has no docstring"):

        @a_server("look").tool()
        @authorize_tool(policy="open")
        async def look() -> str:  # pyright: ignore[reportUnusedFunction]
            return "seen"


def test_a_tool_that_the_manifest_does_not_know_does_not_start() -> None:
    with pytest.raises(WiringError, match=r"server\.yaml of small has no facts for the tool look"):

        @a_server("peek").tool()
        @authorize_tool(policy="open")
        async def look() -> str:  # pyright: ignore[reportUnusedFunction]
            """Look."""
            return "seen"


def test_a_tool_of_the_manifest_that_nobody_wrote_does_not_start() -> None:
    with pytest.raises(WiringError, match=r"server\.yaml of small names tools that nobody wrote: look, peek"):
        a_server("look", "peek").contract()


@pytest.mark.parametrize("kind", ["tool", "resource", "prompt"])
def test_a_policy_that_the_manifest_does_not_define_does_not_start(kind: str) -> None:
    @authorize_tool(policy="closed")
    async def look() -> str:
        """Look."""
        return "seen"

    server = a_server("look") if kind == "tool" else a_server()
    publish = {"tool": server.tool, "prompt": server.prompt, "resource": lambda: server.resource("x://look")}[kind]()
    publish(look)
    with pytest.raises(WiringError, match="defines no policy closed under `proposes`"):
        server.contract()


def test_two_tools_of_one_name_do_not_start() -> None:
    server = a_server("look")

    @server.tool()
    @authorize_tool(policy="open")
    async def look() -> str:
        """Look."""
        return "seen"

    with pytest.raises(WiringError, match="two tools are called look"):
        server.tool()(look)


def test_a_module_without_a_manifest_does_not_start() -> None:
    with pytest.raises(WiringError, match=r"tests\.platform_core has no server\.yaml"):
        Server("tests.platform_core.test_server")


@both_eras
async def test_the_caller_is_given_and_is_no_argument_of_the_model(era: Era) -> None:
    async with connect_as(shop, "ana", era=era) as visit:
        tools = {tool.name: tool for tool in (await visit.list_tools()).tools}
        assert set(tools["buy"].input_schema["properties"]) == {"thing", "card", "pin"}
        result = await visit.call_tool("buy", {"thing": "vase", "caller": {"subject": "bo"}})
    assert text_of(result) == "vase is ana's"


@both_eras
async def test_hints_for_clients_follow_from_the_risk(era: Era) -> None:
    async with connect_as(shop, "ana", era=era) as visit:
        hints = {tool.name: tool.annotations for tool in (await visit.list_tools()).tools}
    look, paint = hints["look"], hints["paint"]
    assert look is not None
    assert paint is not None
    assert (look.read_only_hint, look.destructive_hint, look.idempotent_hint) == (True, False, True)
    assert (paint.read_only_hint, paint.destructive_hint, paint.idempotent_hint) == (False, True, False)


@both_eras
async def test_what_the_model_reads_is_the_docstring_and_the_schema(era: Era) -> None:
    async with connect_as(shop, "ana", era=era) as visit:
        look = next(tool for tool in (await visit.list_tools()).tools if tool.name == "look")
    assert look.description == "Look at one thing."
    assert look.input_schema["properties"]["thing"]["maxLength"] == 40
    assert look.output_schema is not None
    assert set(look.output_schema["properties"]) == {"name", "note", "cells"}


def test_the_contract_says_what_the_code_and_the_manifest_say_together() -> None:
    contract = shop.contract()
    assert {name: (t.policy, t.risk, t.data_class, t.long) for name, t in contract.tools.items()} == {
        "look": ("browse", "low", "internal", False),
        "read_aloud": ("browse", "low", "internal", False),
        "walk": ("browse", "low", "internal", True),
        "stumble": ("browse", "low", "internal", False),
        "buy": ("buy", "cost", "internal", False),
        "paint": ("buy", "change", "internal", False),
        "keep_out": ("nobody", "low", "restricted", False),
    }
    assert {uri: promise.policy for uri, promise in contract.resources.items()} == {
        "shop://rules": "browse",
        "shop://ledger": "buy",
        "shop://cellar": "browse",
    }
    assert {name: promise.policy for name, promise in contract.prompts.items()} == {
        "greeting": "browse",
        "offer": "buy",
    }
    assert shop.long_tools == {"walk"}


async def test_the_smallest_server_works() -> None:
    server = a_server("greet")

    @server.tool(title="Say hello")
    @authorize_tool(policy="open")
    async def greet(caller: Caller, word: Annotated[str, Field(min_length=1)] = "Hello") -> Untrusted:
        """Greet the person who calls."""
        return Untrusted(f"{word}, {caller.subject}")

    async with connect_as(server, "ada") as visit:
        (tool,) = (await visit.list_tools()).tools
        assert tool.title == "Say hello"
        assert "Hello, ada" in text_of(await visit.call_tool("greet", {}))


async def test_a_list_of_tools_says_nothing_that_a_library_made_up() -> None:
    """An argument may be called `title`; a title that pydantic makes of a name costs every client and tells nothing."""
    server = a_server("name_it")

    @server.tool()
    @authorize_tool(policy="open")
    async def name_it(title: str) -> str:  # pyright: ignore[reportUnusedFunction]
        """Give it a name."""
        return title

    async with connect_as(server, "ana") as visit:
        [tool] = (await visit.list_tools()).tools
    assert tool.input_schema == {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
