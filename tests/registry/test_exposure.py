"""Three things that are harmless alone are flagged together."""

from typing import Any

import pytest

from platform_core.registration.contract import Contract, ToolPromise
from registry.exposure import exposure
from tests.registry.pages.test_server import page_for
from tests.registry.stage import TOOLS, Registry, registration


def tool(description: str = "Count something.", *arguments: str, **said: Any) -> ToolPromise:
    facts = {"policy": "use", "risk": "low", "data_class": "public", "output": None}
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in arguments}}
    return ToolPromise.model_validate(facts | {"description": description, "input": schema} | said)


PRIVATE = tool(data_class="internal")
STRANGERS = tool("Read the comments of a page.")
SENDS = {"by an address": tool("Tell somebody.", "webhook_url"), "by a change": tool(risk="change")}


def together(*tools: ToolPromise) -> bool:
    return exposure(Contract(server="odd", tools={f"t{n}": one for n, one in enumerate(tools)})).together


@pytest.mark.parametrize("way", SENDS)
def test_private_data_strangers_words_and_a_way_out_are_flagged_only_together(way: str) -> None:
    assert together(PRIVATE, STRANGERS, SENDS[way])
    assert not together(PRIVATE, STRANGERS)
    assert not together(PRIVATE, SENDS[way])
    assert not together(STRANGERS, SENDS[way])


def test_the_tools_of_each_kind_are_named() -> None:
    found = exposure(Contract(server="presto", tools=dict(TOOLS["presto"])))
    assert found.private == ("describe_table", "find_tables", "run_query")
    assert found.untrusted == ("run_query",)
    assert (found.way_out, found.together) == ((), False)


def test_a_word_that_only_holds_an_address_is_none() -> None:
    assert not together(PRIVATE, STRANGERS, tool("Count.", "tonnes", "hostility", "total"))


async def test_the_page_of_a_server_says_where_the_three_meet(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "a way out meet" not in (await page_for(registry, "ana", "/servers/presto")).text
    tools = {**TOOLS["presto"], "send_rows": tool("Send rows.", "recipient", policy="browse")}
    said = registration("presto", tools=tools)
    (await registry.register(said)).raise_for_status()
    (await registry.put(registry.signer.policy(said, version=2))).raise_for_status()
    assert "a way out meet" in (await page_for(registry, "ana", "/servers/presto")).text
