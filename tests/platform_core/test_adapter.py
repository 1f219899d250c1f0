"""What the adapter takes from the protocol's library is still there, and a failure leaves by the door made for it."""

import logging
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError

from platform_core.adapter import MODERN, ComposedServer, put_around, session_managers
from platform_core.experiment import unreviewed
from platform_core.running import host_security
from platform_core.server import LIST_TTL_MS
from platform_core.testing import Kept, connect_as
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.server import CRASH, server
from tests.platform_core.visits import VERSIONS, Era, both_eras, fields_of, records, text_of


@pytest.fixture(autouse=True)
def fresh_diary() -> None:
    diary.start_over()


@pytest.fixture
def kept() -> Kept:
    return Kept()


# -- the library


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


# -- the doors


@both_eras
@pytest.mark.parametrize(
    ("how", "fields", "says"),
    [
        (
            "expected",
            {"code": "not_found", "retryable": False},
            "There is no such shelf. `look` shows what there is.",
        ),
        (
            "busy",
            {"code": "unavailable", "retryable": True, "retry_after": 2},
            "The shop is full; come back in two seconds.",
        ),
        ("denied", {"code": "denied", "retryable": False}, "The owner of that shelf said no."),
    ],
)
async def test_an_expected_failure_reaches_the_model_in_its_own_words(
    era: Era, how: str, fields: dict[str, Any], says: str, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        result = await shop.call_tool("stumble", {"how": how})
    assert result.is_error
    assert text_of(result) == says
    assert fields_of(result) == {"message": says, **fields}
    (record,) = records(kept)
    assert (record.outcome, record.error, record.stack) == ("tool_error", fields["code"], None)
    assert not [r for r in caplog.records if r.exc_info], "an expected failure needs no traceback"


@both_eras
@pytest.mark.parametrize("how", ["crash", "value"])
async def test_a_crash_tells_the_caller_nothing_but_where_to_look(
    era: Era, how: str, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        result = await shop.call_tool("stumble", {"how": how})
    assert result.is_error
    said = result.model_dump_json()
    assert "hunter2" not in said
    assert "10.0.0.7" not in said
    assert "Traceback" not in said
    assert fields_of(result)["code"] == "crash"
    assert "stumble failed inside the server" in text_of(result)
    assert any(record.exc_info for record in caplog.records if record.levelno == logging.ERROR)


@both_eras
async def test_a_crash_is_remembered_with_its_place_and_without_its_secrets(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("stumble", {"how": "crash"})
    (record,) = records(kept)
    assert (record.outcome, record.error) == ("exception", "RuntimeError")
    assert record.stack is not None
    assert "shop/server.py" in record.stack
    assert "hunter2" not in record.stack


@both_eras
async def test_a_crash_of_any_kind_is_remembered_as_a_crash(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("stumble", {"how": "value"})
    assert [(record.outcome, record.error) for record in records(kept)] == [("exception", "ValueError")]


@both_eras
async def test_what_a_body_cant_parse_is_a_crash_and_not_the_callers_fault(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        result = await shop.call_tool("stumble", {"how": "parse"})
    assert fields_of(result)["code"] == "crash"
    assert "was not run" not in text_of(result)
    assert [record.outcome for record in records(kept)] == ["exception"]


@both_eras
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "thing: Field required"),
        ({"thing": 7}, "thing: Input should be a valid string"),
        ({"thing": "x" * 41}, "thing: String should have at most 40 characters"),
        ({"thing": None}, "thing: Input should be a valid string"),
    ],
)
async def test_arguments_that_do_not_fit_are_named_and_the_body_does_not_run(
    era: Era, arguments: dict[str, Any], says: str, kept: Kept
) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        result = await shop.call_tool("look", arguments)
    assert result.is_error
    assert text_of(result) == f"look was not run: {says}. Correct the arguments and call again."
    assert fields_of(result)["code"] == "invalid"
    assert [record.outcome for record in records(kept)] == ["invalid"]
    assert diary.lines == []


@both_eras
async def test_a_value_that_does_not_fit_is_not_repeated(era: Era) -> None:
    async with connect_as(server, "ana", era=era) as shop:
        result = await shop.call_tool("buy", {"thing": "vase", "card": {"number": "4111-secret"}})
    assert "4111-secret" not in result.model_dump_json()


@both_eras
async def test_a_crash_of_a_resource_tells_nothing_either(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        with pytest.raises(MCPError) as refused:
            await shop.read_resource("shop://cellar")
    assert "hunter2" not in f"{refused.value!r} {refused.value.error}"
    (record,) = records(kept, "resources/read")
    assert record.outcome == "exception"
    assert "hunter2" not in (record.stack or "")


@both_eras
async def test_one_failure_is_not_remembered_for_the_next_call(era: Era, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("stumble", {"how": "crash"})
        await shop.call_tool("look", {"thing": "vase"})
    assert [(record.outcome, record.error) for record in records(kept)] == [("exception", "RuntimeError"), ("ok", None)]


@both_eras
async def test_a_refusal_outside_of_tools_is_a_protocol_error_that_says_why(era: Era) -> None:
    async with connect_as(server, "bo", era=era) as shop:
        with pytest.raises(MCPError) as refused:
            await shop.read_resource("shop://ledger")
    assert refused.value.error.code == -32010
    assert refused.value.error.data["rule"] == "shop/gate"
    assert refused.value.error.data["how_to_ask"] == "ask shopkeepers in #ask-shop"


def test_the_composed_server_is_the_librarys_own_kind() -> None:
    """Overriding the public `call_tool` is the seam; a library that stops calling it would bypass the doors."""
    assert issubclass(ComposedServer, MCPServer)
    assert "call_tool" in vars(MCPServer)
    assert CRASH
