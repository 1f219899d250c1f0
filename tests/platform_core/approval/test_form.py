"""A question in a form: what is shown, which answers count, and that nothing but a yes lets the body run."""

from collections.abc import Callable
from typing import Any

import pytest
from mcp.types import ElicitRequestFormParams, ErrorData

from platform_core.approval.desk import Desk
from platform_core.testing import Kept, connect_as
from tests.platform_core.approval.asking import MUCH, PULL, Asked, from_chat, says, says_yes
from tests.platform_core.visits import Era, both_eras, fields_of, records, text_of
from tests.servers.garden.beds import garden
from tests.servers.garden.server import server

NO: dict[str, Callable[[], Asked | None]] = {
    "no": lambda: says("decline"),
    "closed": lambda: says("cancel"),
    "yes without a word": lambda: says("accept"),
    "yes, and the tick left out": lambda: says("accept", approve=False),
    "yes in another form": lambda: says("accept", agreed=True),
    "yes in words": lambda: says("accept", approve="yes"),
    "yes as a number": lambda: says("accept", approve=1),
    "a client that can't be asked": lambda: None,
}


@both_eras
@pytest.mark.parametrize("answer", NO)
async def test_the_body_runs_after_a_yes_and_after_nothing_else(answer: str, era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=NO[answer]()) as visit:
        result = await visit.call_tool("water", MUCH)
    assert result.is_error
    assert garden.work == []


async def test_a_client_that_fails_to_answer_has_not_said_yes(desk: Desk) -> None:
    """On 2025 it tells us so; on 2026 it only never comes back."""

    async def broken(_: Any, params: Any) -> ErrorData:
        return ErrorData(code=-32000, message=f"no form for {params.message[:6]}")

    async with connect_as(server, "ana", era="legacy", desk=desk, elicitation_callback=broken) as visit:
        result = await visit.call_tool("water", MUCH)
    assert fields_of(result)["code"] == "not_approved"
    assert garden.work == []


@both_eras
async def test_a_yes_lets_the_body_run_once(era: Era, desk: Desk) -> None:
    client = says_yes()
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=client) as visit:
        result = await visit.call_tool("water", MUCH)
    assert text_of(result) == "roses had 250 l"
    assert garden.work == ["water roses 250"]
    assert len(client.questions) == 1


@both_eras
async def test_each_call_is_asked_about_anew(era: Era, desk: Desk) -> None:
    client = says_yes()
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=client) as visit:
        for _ in range(2):
            await visit.call_tool("water", MUCH)
    assert len(client.questions) == len(garden.work) == 2


@both_eras
async def test_nobody_is_asked_where_the_rule_sees_no_need(era: Era, desk: Desk) -> None:
    client = says("decline")
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=client) as visit:
        result = await visit.call_tool("water", {"bed": "roses", "litres": 100})
    assert not result.is_error
    assert client.questions == []


async def test_a_server_that_nobody_asks_keeps_no_approvals(desk: Desk, tmp_path: Any) -> None:
    async with connect_as(server, "ana", desk=desk) as visit:
        await visit.call_tool("look", {"bed": "roses"})
        await visit.call_tool("water", {"bed": "roses", "litres": 100})
    assert list(tmp_path.iterdir()) == []


@both_eras
async def test_the_question_says_who_asks_what_changes_and_how_long_a_yes_holds(era: Era, desk: Desk) -> None:
    client = says("decline")
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=client) as visit:
        await visit.call_tool("water", MUCH)
    (question,) = client.questions
    assert isinstance(question, ElicitRequestFormParams)
    lines = question.message.splitlines()
    assert lines[0] == "Garden (dev) asks before water runs as ana: Pour 250 l on roses?"
    assert lines[1:3] == ["Target: roses", "Effect: 150 l of it come from the mains, on ana's bill."]
    assert '"litres": 250' in question.message
    assert "A yes holds once, for exactly this call, until " in question.message
    assert question.requested_schema["required"] == ["approve"]
    assert "default" not in question.requested_schema["properties"]["approve"]


@both_eras
async def test_our_own_chat_is_witness_enough_for_a_change(era: Era, desk: Desk) -> None:
    for surface in ("web-chat", "chat-bot"):
        client = says_yes()
        who = from_chat("ana", surface)
        async with connect_as(server, who, era=era, desk=desk, elicitation_callback=client) as visit:
            result = await visit.call_tool("pull_up", PULL)
        assert not result.is_error
        assert isinstance(client.questions[0], ElicitRequestFormParams)
    assert len(garden.work) == 2


@both_eras
async def test_an_answer_that_is_none_is_a_refusal_and_no_crash(era: Era, desk: Desk, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, desk=desk, kept=kept, elicitation_callback=says("accept")) as visit:
        result = await visit.call_tool("water", MUCH)
    assert fields_of(result)["code"] == "not_approved"
    assert "Nothing ran." in text_of(result)
    assert "seedbed" not in text_of(result)
    assert (records(kept)[-1].outcome, records(kept)[-1].error) == ("cancelled", "not_approved")


@both_eras
async def test_a_no_holds_until_the_question_would_have_ended(era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=says("decline")) as visit:
        first = await visit.call_tool("water", MUCH)
    nagged = says_yes()
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=nagged) as visit:
        again = await visit.call_tool("water", MUCH)
    assert text_of(first) == text_of(again)
    assert text_of(again).startswith("ana said no to this call. Nothing ran.")
    assert nagged.questions == []
    assert garden.work == []


@both_eras
async def test_a_form_that_was_closed_may_be_shown_again(era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=says("cancel")) as visit:
        await visit.call_tool("water", MUCH)
    async with connect_as(server, "ana", era=era, desk=desk, elicitation_callback=says_yes()) as visit:
        assert not (await visit.call_tool("water", MUCH)).is_error


@both_eras
async def test_records_tell_a_question_from_a_use_and_join_them_with_the_approval(
    era: Era, desk: Desk, kept: Kept
) -> None:
    async with connect_as(server, "ana", era=era, desk=desk, kept=kept, elicitation_callback=says_yes()) as visit:
        await visit.call_tool("water", MUCH)
    ends = [record.outcome for record in records(kept)]
    assert ends == (["waiting", "ok"] if era == "auto" else ["ok"])
    (approval,) = {record.approval for record in records(kept)}
    assert approval is not None
    found = await desk.store.read(approval, now=desk.clock())
    assert found is not None
    assert (found.state, found.answered_on, found.bound.subject) == ("done", "form", "ana")
    assert found.shown.question == "Pour 250 l on roses?"
