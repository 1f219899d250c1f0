"""A failure leaves by the door made for it: expected ones instruct, arguments are named, crashes tell nothing."""

import logging
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from platform_core.testing import Kept, connect_as
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.server import server
from tests.platform_core.visits import Era, both_eras, fields_of, records, text_of


@pytest.fixture(autouse=True)
def fresh_diary() -> None:
    diary.start_over()


@pytest.fixture
def kept() -> Kept:
    return Kept()


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
