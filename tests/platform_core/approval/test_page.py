"""A change from somebody's own client: the page is asked, the link is given, and the same call runs once."""

from dataclasses import replace
from typing import Any

import pytest
from mcp.types import ElicitRequestURLParams, ElicitResult

from platform_core.approval.desk import Desk
from platform_core.approval.guidance import GUIDANCE
from platform_core.approval.record import Answer
from platform_core.testing import Kept, answer_on_page, asked_by, connect_as
from platform_core.testing.approving import PAGES
from tests.platform_core.approval.asking import MUCH, PULL, Asked, Params, from_chat, says, says_yes
from tests.platform_core.visits import ERAS, Era, both_eras, fields_of, records, text_of
from tests.servers.garden.beds import garden
from tests.servers.garden.server import server


class Person(Asked):
    """A client that opens the page, and somebody who answers there at once."""

    def __init__(self, desk: Desk, answer: Answer) -> None:
        super().__init__(ElicitResult(action="accept"))
        self.desk = desk
        self.on_page: Answer = answer

    async def __call__(self, context: Any, params: Params) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        id = params.url.rpartition("/")[2]
        await self.desk.store.answer(id, self.on_page, on="page", now=self.desk.clock())
        return await super().__call__(context, params)


@both_eras
async def test_a_link_is_given_and_the_repeated_call_runs_once(era: Era, desk: Desk, kept: Kept) -> None:
    async with connect_as(server, "ana", era=era, desk=desk, kept=kept) as visit:
        asked = await visit.call_tool("pull_up", PULL)
        fields = fields_of(asked)
        assert (fields["code"], fields["url"]) == ("approval_required", f"{PAGES}/approvals/{fields['approval']}")
        assert fields["url"] in text_of(asked)
        assert fields["guidance"] == GUIDANCE
        assert garden.work == []
        assert await answer_on_page(desk, asked)
        done = await visit.call_tool("pull_up", PULL)
        again = await visit.call_tool("pull_up", PULL)
    assert fields_of(done) == {"bed": "roses", "plants": 9}
    assert garden.work == ["pull_up roses 3 for ana"]
    assert fields_of(again)["code"] == "approval_required"
    assert fields_of(again)["approval"] != fields["approval"]
    ends = [(entry.record.outcome, entry.record.error) for entry in kept if entry.phase == "done"][-3:]
    assert ends == [("waiting", "approval_required"), ("ok", None), ("waiting", "approval_required")]


@both_eras
async def test_a_call_that_is_repeated_early_gets_the_same_link(era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        links = {fields_of(await visit.call_tool("pull_up", PULL))["url"] for _ in range(3)}
    assert len(links) == 1
    assert garden.work == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_without_a_way_to_ask_is_told_what_it_lacks(era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        change, cost = await visit.call_tool("pull_up", PULL), await visit.call_tool("water", MUCH)
    lacks = "elicitation.url" if era == "auto" else None
    assert [fields_of(result)["missing_capability"] for result in (change, cost)] == [lacks, lacks]
    assert garden.work == []


async def test_a_client_that_can_opens_the_page_and_goes_on_by_itself(desk: Desk) -> None:
    client = Person(desk, "granted")
    async with connect_as(server, "ana", desk=desk, elicitation_callback=client) as visit:
        result = await visit.call_tool("pull_up", PULL)
    assert not result.is_error
    assert client.words == "Garden asks: Pull up 3 plants of roses?"
    assert garden.work == ["pull_up roses 3 for ana"]


async def test_on_2025_a_form_is_never_enough_for_a_change(desk: Desk) -> None:
    client = says_yes()
    async with connect_as(server, "ana", era="legacy", desk=desk, elicitation_callback=client) as visit:
        result = await visit.call_tool("pull_up", PULL)
    assert fields_of(result)["code"] == "approval_required"
    assert client.questions == []
    assert garden.work == []


async def test_opening_the_page_is_no_yes(desk: Desk) -> None:
    """A client's `accept` says that it opened the page, whatever it sends along."""
    client, hasty = says_yes(), replace(desk, patience=0.0)
    async with connect_as(server, "ana", desk=hasty, elicitation_callback=client) as visit:
        result = await visit.call_tool("pull_up", PULL)
    assert fields_of(result)["code"] == "approval_required"
    assert isinstance(client.questions[0], ElicitRequestURLParams)
    assert len(client.questions) == 1
    assert garden.work == []


async def test_a_no_on_the_page_reaches_the_caller(desk: Desk) -> None:
    client = Person(desk, "declined")
    async with connect_as(server, "ana", desk=desk, elicitation_callback=client) as visit:
        result = await visit.call_tool("pull_up", PULL)
    assert text_of(result).startswith("ana said no to this call. Nothing ran.")
    assert garden.work == []


@pytest.mark.parametrize(("action", "state"), [("decline", "declined"), ("cancel", "expired")])
async def test_a_page_that_is_not_opened_ends_the_question(action: str, state: str, desk: Desk, kept: Kept) -> None:
    async with connect_as(server, "ana", desk=desk, kept=kept, elicitation_callback=says(action)) as visit:
        result = await visit.call_tool("pull_up", PULL)
    assert fields_of(result)["code"] == "not_approved"
    id = records(kept)[-1].approval
    assert id is not None
    found = await desk.store.read(id, now=desk.clock())
    assert found is not None
    assert found.state == state
    assert garden.work == []


@both_eras
async def test_a_no_after_the_link_is_told_to_the_next_call(era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        asked = await visit.call_tool("pull_up", PULL)
        await answer_on_page(desk, asked, "declined")
        result = await visit.call_tool("pull_up", PULL)
        second = await answer_on_page(desk, asked)
    assert fields_of(result)["code"] == "not_approved"
    assert not second, "a question is answered once"
    assert garden.work == []


@both_eras
async def test_saying_confirm_confirms_nothing(era: Era, desk: Desk) -> None:
    async with connect_as(server, "ana", era=era, desk=desk) as visit:
        result = await visit.call_tool("pull_up", PULL | {"confirm": True})
    assert fields_of(result)["code"] == "approval_required"
    assert garden.work == []


async def test_the_approval_tells_who_asked_for_what_and_from_where(desk: Desk) -> None:
    async with connect_as(server, "ana", desk=desk) as visit:
        found = await asked_by(desk, await visit.call_tool("pull_up", PULL))
    assert (found.bound.subject, found.bound.client, found.bound.surface) == ("ana", "seedbed-cli", "cli")
    assert (found.shown.title, found.shown.target, found.shown.effect) == ("Garden", "roses", "3 plants go for good.")
    assert '"plants": 3' in found.shown.arguments
    assert found.agent is not None
    assert found.agent.startswith("mcp ")


@pytest.mark.parametrize("who", ["another-environment", "no-identity", "another-workload", "an-edge-surface"])
async def test_a_token_that_says_chat_without_its_identity_is_asked_on_the_page(who: str, desk: Desk) -> None:
    chat = from_chat()
    impostor = {
        "another-environment": from_chat(environment="production"),
        "no-identity": replace(chat, workload=None),
        "another-workload": replace(chat, workload="spiffe://seedbed.internal/dev/chat-bot"),
        "an-edge-surface": replace(chat, surface="cli"),
    }[who]
    client = Asked(ElicitResult(action="cancel"))
    async with connect_as(server, impostor, desk=desk, elicitation_callback=client) as visit:
        await visit.call_tool("pull_up", PULL)
    assert isinstance(client.questions[0], ElicitRequestURLParams)
