"""Every message that was judged is one record: who, what, which rule, how it ended, and nothing secret."""

import hashlib
import json
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from platform_core.auth.principal import Principal
from platform_core.call import Call, current_call
from platform_core.testing import Kept, connect_as
from platform_core.testing.people import PEOPLE
from tests.platform_core.issuer import token
from tests.platform_core.shop.server import server
from tests.platform_core.telemetry.test_metrics import of
from tests.platform_core.visits import VERSIONS, Era, both_eras, records


@pytest.fixture
def kept() -> Kept:
    return Kept()


@both_eras
async def test_a_record_says_who_did_what_and_what_decided(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("look", {"thing": "vase"})
    (record,) = records(kept)
    assert {
        "environment": record.environment,
        "server": record.server,
        "server_version": record.server_version,
        "tool": record.tool,
        "era": record.era,
        "user": record.user,
        "groups": set(record.groups),
        "business_groups": set(record.business_groups),
        "surface": record.surface,
        "client": record.client,
        "token_id": record.token_id,
        "rule": record.rule,
        "allowed": record.allowed,
        "policy_version": record.policy_version,
        "outcome": record.outcome,
        "minutes": record.minutes,
    } == {
        "environment": "dev",
        "server": "shop",
        "server_version": "0",
        "tool": "look",
        "era": VERSIONS[era],
        "user": "ana",
        "groups": {"data-engineering", "finance-analytics"},
        "business_groups": {"finance"},
        "surface": "cli",
        "client": "seedbed-cli",
        "token_id": "test-ana",
        "rule": "shop/browse",
        "allowed": True,
        "policy_version": 1,
        "outcome": "ok",
        "minutes": 2,
    }
    assert record.latency_ms > 0
    assert record.time > 0


@both_eras
async def test_a_call_is_one_record_and_its_id_sorts_by_time(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        for number in range(20):
            await shop.call_tool("look", {"thing": str(number)})
    ids = [record.id for record in records(kept)]
    assert len(ids) == len(set(ids)) == 20
    assert ids == sorted(ids)


@both_eras
async def test_listing_leaves_no_record_and_reading_leaves_one(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.list_tools()
        await shop.list_resources()
        await shop.list_prompts()
        assert kept == []
        await shop.read_resource("shop://rules")
        await shop.get_prompt("greeting")
    assert [(e.record.method, e.record.tool) for e in kept] == [
        ("resources/read", "shop://rules"),
        ("prompts/get", "greeting"),
    ]


@both_eras
async def test_the_result_is_kept_apart_with_its_size_and_digest(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        result = await shop.call_tool("look", {"thing": "vase"})
    (entry,) = kept
    assert entry.body is not None
    assert entry.body.id == entry.record.id
    assert json.loads(entry.body.result) == result.structured_content
    assert entry.record.result_size == len(entry.body.result.encode())
    assert entry.record.result_digest == "sha256:" + hashlib.sha256(entry.body.result.encode()).hexdigest()


@both_eras
async def test_an_argument_that_its_author_called_secret_is_in_no_record(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("buy", {"thing": "vase", "card": "four-one-one-one", "pin": "one-two"})
    assert "four-one-one-one" not in repr(kept)
    assert "one-two" not in repr(kept)
    assert json.loads(records(kept)[0].arguments or "") == {
        "thing": "vase",
        "card": "[redacted]",
        "pin": "[redacted]",
    }


@both_eras
async def test_a_secret_in_an_ordinary_argument_or_in_a_result_is_in_no_record(era: Era, kept: Kept) -> None:
    bearer = token()
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        result = await shop.call_tool("look", {"thing": "vase", "note": f"Authorization: Bearer {bearer}"})
    assert result.structured_content
    assert bearer in json.dumps(result.structured_content), "the answer itself is the tool's business"
    assert bearer.split(".")[1] not in repr(kept)


async def test_an_optional_secret_argument_is_in_no_record(kept: Kept) -> None:
    from pydantic import SecretStr

    from platform_core import authorize_tool
    from tests.platform_core.small import a_server

    small = a_server("enter")

    @small.tool()
    @authorize_tool(policy="open")
    async def enter(word: SecretStr | None = None) -> str:
        """Enter."""
        return "inside"

    async with connect_as(small, "ana", kept=kept) as visit:
        await visit.call_tool("enter", {"word": "friend-of-the-house"})
    assert "friend-of-the-house" not in repr(kept)


ODD: dict[str, dict[str, Any]] = {
    "half a character": {"thing": "vase", "extra": "\udfff"},
    "a megabyte": {"thing": "x" * 1_000_000},
    "a great number": {"thing": 10**30},
    "deep": {"thing": "vase", "deep": [[[[[[[[[[0]]]]]]]]]]},
    "no text": {"thing": None, "card": {"number": [1]}},
}


@both_eras
@pytest.mark.parametrize("arguments", ODD.values(), ids=ODD)
async def test_odd_arguments_end_in_one_record_like_all_others(era: Era, arguments: dict[str, Any], kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("look", arguments)
        await shop.call_tool("buy", {"card": "x", **arguments})
    assert len(records(kept)) == 2
    assert all(len(record.arguments or "") < 5000 for record in records(kept))


@both_eras
async def test_a_result_with_half_a_character_in_it_is_one_record_too(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("buy", {"thing": "\ud800"})
    assert len(records(kept)) == 1


async def test_a_call_carries_the_proxys_ids_into_its_record(kept: Kept) -> None:
    from mcp import Client

    from platform_core.experiment import unreviewed

    call = Call(
        principal=PEOPLE["ana"].calling_from(),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        request_id="r-1",
    )
    token = current_call.set(call)
    try:
        async with Client(server.compose(unreviewed(server, kept))) as shop:
            await shop.call_tool("look", {"thing": "vase"})
            refused = await shop.call_tool("keep_out", {})
    finally:
        current_call.reset(token)
    assert {(r.trace_id, r.request_id) for r in records(kept)} == {("0af7651916cd43dd8448eb211c80319c", "r-1")}
    assert refused.structured_content
    assert refused.structured_content["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


@both_eras
async def test_numbers_name_tools_of_the_contract_and_never_a_callers_words(era: Era, kept: Kept) -> None:
    from mcp import Client

    from platform_core.experiment import unreviewed

    layer = unreviewed(server, kept)
    current = current_call.set(Call(principal=PEOPLE["ana"].calling_from()))
    try:
        async with Client(server.compose(layer), mode=era) as shop:
            await shop.call_tool("look", {"thing": "vase"})
            await shop.call_tool("no such tool " * 20, {})
            with pytest.raises(MCPError):
                await shop.read_resource("shop://nowhere")
    finally:
        current_call.reset(current)
    assert of(layer.metrics, "seedbed_calls_total", tool="look", outcome="ok") == 1
    assert of(layer.metrics, "seedbed_calls_total", tool="tools/call", outcome="denied") == 1
    assert of(layer.metrics, "seedbed_calls_total", tool="resources/read", outcome="denied") == 1
    assert all(len(record.tool or "") <= 128 for record in records(kept))


async def test_a_person_without_any_group_is_remembered_all_the_same(kept: Kept) -> None:
    lonely = Principal(
        subject="ivy",
        business_groups=frozenset({"finance"}),
        employment="employee",
        client="seedbed-cli",
        surface="cli",
        expires_at=PEOPLE["ana"].calling_from().expires_at,
    )
    async with connect_as(server, lonely, kept=kept) as shop:
        await shop.call_tool("look", {"thing": "vase"})
    assert (records(kept)[0].user, list(records(kept)[0].groups)) == ("ivy", [])
