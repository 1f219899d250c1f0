"""Two replicas with one store: an answer given to one counts at the other, and once among them."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult

from platform_core.approval.desk import Desk
from platform_core.approval.sqlite import SqliteApprovals
from platform_core.errors import Unavailable
from platform_core.testing import PEOPLE, answer_on_page, asked_by, connect_as
from tests.platform_core.approval.asking import MUCH, PULL, from_chat
from tests.platform_core.visits import both_eras, fields_of
from tests.servers.garden.beds import garden
from tests.servers.garden.server import server

YES = ElicitResult(action="accept", content={"approve": True})


async def silent(_: Any, __: Any) -> ElicitResult:
    """A client that could be asked; the test answers for it."""
    raise AssertionError("asked")


@asynccontextmanager
async def replicas(desk: Desk, *, shared: bool = True, who: Any = "ana") -> AsyncGenerator[tuple[Client, Client]]:
    """Clients of two replicas; each with the shared keys, or with keys of its own."""
    keyed = replace(desk, keys=("k" * 32,)) if shared else desk
    async with (
        connect_as(server, who, desk=keyed, elicitation_callback=silent) as one,
        connect_as(server, who, desk=keyed, elicitation_callback=silent) as two,
    ):
        yield one, two


async def ask(client: Client, tool: str = "water", **arguments: Any) -> InputRequiredResult:
    """The first round of a call: the question that comes back."""
    result = await client.session.call_tool(tool, arguments or MUCH, allow_input_required=True)
    assert isinstance(result, InputRequiredResult)
    return result


async def repeat(
    client: Client, asked: InputRequiredResult, tool: str = "water", **arguments: Any
) -> CallToolResult | InputRequiredResult:
    """The second round: the same call with the answer and the state."""
    assert asked.input_requests is not None
    return await client.session.call_tool(
        tool,
        arguments or MUCH,
        input_responses=dict.fromkeys(asked.input_requests, YES),
        request_state=asked.request_state,
        allow_input_required=True,
    )


async def test_a_question_of_one_replica_is_answered_at_another(desk: Desk) -> None:
    async with replicas(desk) as (one, two):
        result = await repeat(two, await ask(one))
    assert isinstance(result, CallToolResult)
    assert not result.is_error
    assert garden.work == ["water roses 250"]


async def test_without_shared_keys_the_other_replica_believes_nothing(desk: Desk) -> None:
    async with replicas(desk, shared=False) as (one, two):
        asked = await ask(one)
        with pytest.raises(MCPError, match="requestState"):
            await repeat(two, asked)
    assert garden.work == []


async def test_a_replayed_answer_is_a_new_question(desk: Desk) -> None:
    async with replicas(desk) as (one, two):
        asked = await ask(one)
        await repeat(one, asked)
        for client in (one, two):
            assert isinstance(await repeat(client, asked), InputRequiredResult)
    assert garden.work == ["water roses 250"]


async def test_an_answer_to_other_arguments_is_no_answer(desk: Desk) -> None:
    async with replicas(desk) as (one, _):
        asked = await ask(one)
        with pytest.raises(MCPError, match="requestState"):
            await repeat(one, asked, bed="roses", litres=9_000)
        torn = asked.model_copy(update={"request_state": f"{asked.request_state}A"})
        with pytest.raises(MCPError, match="requestState"):
            await repeat(one, torn)
    assert garden.work == []


async def test_an_answer_without_the_state_of_its_question_is_a_new_question(desk: Desk) -> None:
    async with replicas(desk) as (one, _):
        asked = await ask(one)
        assert isinstance(await repeat(one, asked.model_copy(update={"request_state": None})), InputRequiredResult)
    assert garden.work == []


async def test_an_answer_of_another_person_is_none(desk: Desk) -> None:
    async with replicas(desk) as (one, _):
        asked = await ask(one)
    async with replicas(desk, who="ada") as (hers, _):
        with pytest.raises(MCPError, match="requestState"):
            await repeat(hers, asked)
    assert garden.work == []


async def test_a_form_that_the_chat_was_shown_is_worth_nothing_in_the_hands_of_an_agent(desk: Desk) -> None:
    async with replicas(desk, who=from_chat()) as (chat, _):
        asked = await ask(chat, "pull_up", **PULL)
    stolen = PEOPLE["ana"].calling_from()
    async with replicas(replace(desk, patience=0.0), who=stolen) as (agent, _):
        with pytest.raises(MCPError, match="requestState"):
            await repeat(agent, asked, "pull_up", **PULL)
        alone = await agent.session.call_tool(
            "pull_up", PULL, input_responses={"seedbed:approval": YES}, allow_input_required=True
        )
    assert isinstance(alone, CallToolResult)
    assert fields_of(alone)["code"] == "approval_required"
    assert garden.work == []


async def test_one_answer_given_twice_at_once_lets_the_body_run_once(desk: Desk) -> None:
    async with replicas(desk) as (one, two):
        asked = await ask(one)
        results = await asyncio.gather(*(repeat(client, asked) for client in (one, two) * 4))
    assert len(garden.work) == 1
    assert sum(isinstance(result, CallToolResult) and not result.is_error for result in results) == 1


@both_eras
async def test_one_yes_on_the_page_used_twice_at_once_lets_the_body_run_once(era: Any, desk: Desk) -> None:
    async with (
        connect_as(server, "ana", era=era, desk=desk) as one,
        connect_as(server, "ana", era=era, desk=desk) as two,
    ):
        asked = await one.call_tool("pull_up", PULL)
        await answer_on_page(desk, asked)
        await asyncio.gather(*(client.call_tool("pull_up", PULL) for client in (one, two) * 4))
    assert len(garden.work) == 1
    assert (await asked_by(desk, asked)).state == "done"


async def test_a_yes_is_used_up_once_among_processes(desk: Desk, tmp_path: Path) -> None:
    async with connect_as(server, "ana", desk=desk) as visit:
        ids: list[str] = []
        for plants in range(1, 31):
            asked = await visit.call_tool("pull_up", PULL | {"plants": plants})
            assert await answer_on_page(desk, asked)
            ids.append(fields_of(asked)["approval"])
    racers = [await race(tmp_path / "approvals.db", ids) for _ in range(2)]
    for racer in racers:  # both are up: they wait for the word
        assert racer.stdout is not None
        assert (await asyncio.wait_for(racer.stdout.readline(), 60)).strip() == b"ready"
    outputs = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    won = [id for output, _ in outputs for id in output.decode().split()]
    assert sorted(won) == sorted(ids)


async def race(database: Path, ids: list[str]) -> asyncio.subprocess.Process:
    """A process that uses up every approval that it can."""
    pipe = asyncio.subprocess.PIPE
    program = [sys.executable, "-m", "tests.platform_core.approval.racer", str(database), *ids]
    return await asyncio.create_subprocess_exec(*program, stdin=pipe, stdout=pipe)


async def test_without_the_store_nothing_runs_and_nothing_is_asked(desk: Desk, tmp_path: Path) -> None:
    async with replicas(desk) as (one, _):
        asked = await ask(one)
        (tmp_path / "approvals.db").unlink()
        (tmp_path / "approvals.db").mkdir()
        for result in (await repeat(one, asked), await one.call_tool("water", MUCH)):
            assert isinstance(result, CallToolResult)
            assert fields_of(result)["code"] == "unavailable"
    assert garden.work == []


async def test_without_the_store_a_tool_that_needs_no_yes_runs(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "approvals.db").mkdir()
    async with connect_as(server, "ana", desk=desk) as visit:
        assert not (await visit.call_tool("water", {"bed": "roses", "litres": 1})).is_error


async def test_a_store_that_fails_between_the_yes_and_the_body_keeps_the_body_from_running(
    desk: Desk, tmp_path: Path
) -> None:
    async with connect_as(server, "ana", desk=desk) as visit:
        await answer_on_page(desk, await visit.call_tool("pull_up", PULL))

    class Failing(SqliteApprovals):
        async def consume(self, id: str, *, now: float) -> bool:
            raise Unavailable("the disk is full")

    async with connect_as(server, "ana", desk=replace(desk, store=Failing(tmp_path / "approvals.db"))) as visit:
        result = await visit.call_tool("pull_up", PULL)
    assert fields_of(result)["code"] == "unavailable"
    assert garden.work == []
