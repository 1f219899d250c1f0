"""A real Airflow behind the proxy: each cause is told; nothing changes without a yes, and one yes is one change."""

import json
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import nullcontext
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult

from tests.e2e.asking import open_page
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.stack import Stack
from tests.platform_core.approval.asking import says, says_yes
from tests.platform_core.visits import fields_of
from tests.servers.airflow.itself import Local, the_airflow
from tests.servers.airflow.visits import call, until

pytestmark = [pytest.mark.real, pytest.mark.airflow, pytest.mark.parametrize("era", ERAS)]

RIGHTS = {"ROLES": {"platform": "op"}, "CHANGES": {"platform": ["*"]}}
CAUSES = {
    "flaky_export": ("failed", "task_failed", "export"),
    "mapped_regions": ("failed", "task_failed", "count[7]"),
    "waiting_sensor": ("running", "sensor", "delivery"),
    "starved_pool": ("running", "pool_full", "close"),
    "refund_approval": ("running", "human", "approve"),
    "healthy_orders": ("success", "none", None),
}
CHANGES: dict[str, dict[Era, dict[str, Any]]] = {
    "trigger_run": {
        "auto": {"dag_id": "healthy_orders", "conf": {"region": "apac"}},
        "legacy": {"dag_id": "healthy_orders", "conf": {"region": "amer"}},
    },
    "clear_tasks": {
        "auto": {"dag_id": "flaky_export", "run_id": "teaching"},
        "legacy": {"dag_id": "mapped_regions", "run_id": "teaching"},
    },
    "set_paused": {
        "auto": {"dag_id": "healthy_orders", "paused": True},
        "legacy": {"dag_id": "flaky_export", "paused": True},
    },
}
"""What is asked for in each era: a no to one is a no for a while."""


@pytest.fixture(scope="module")
def airflow(stack: Stack, request: pytest.FixtureRequest) -> Generator[Local]:
    """The stack's server asks the real Airflow; afterwards it has none again, as before."""
    local = the_airflow(request.config)
    own = {"URL": local.url, "SECRET_FILE": str(local.secret)}
    own |= {name: json.dumps(value) for name, value in RIGHTS.items()}
    stack.stop("airflow")
    stack.start("airflow", {f"SEEDBED_AIRFLOW_{name}": value for name, value in own.items()})
    local.wait_for({dag: state for dag, (state, *_) in CAUSES.items()})
    yield local
    stack.stop("airflow")
    stack.start("airflow")


@pytest.fixture
async def olu(airflow: Local, edge: Edge, era: Era) -> AsyncGenerator[Client]:
    """The on-call's own client, which shows links."""
    async with edge.connect("olu", "airflow", era=era) as visit:
        yield visit


async def told(visit: Client, dag: str, **wanted: Any) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        return (await call(visit, "diagnose_run", dag_id=dag, run_id="teaching"))[1]

    return await until(ask, **wanted)


async def test_each_teaching_dag_tells_its_cause(olu: Client) -> None:
    for dag, (state, cause, task) in CAUSES.items():
        found = await told(olu, dag, state=state, cause=cause)
        assert found["task"] == task, dag
    _, broken = await call(olu, "find_dags", state="import_error")
    _, paused = await call(olu, "find_dags", state="paused")
    assert [row[0] for row in broken["rows"]] == ["broken_import.py"]
    assert [row[0] for row in paused["rows"]] == ["paused_report"]


@pytest.mark.parametrize("tool", CHANGES)
async def test_a_client_that_can_not_ask_gets_a_link_and_changes_nothing_until_it_is_answered(
    olu: Client, airflow: Local, era: Era, tool: str
) -> None:
    before = airflow.counts()
    asked = fields_of(await olu.call_tool(tool, CHANGES[tool][era]))
    assert asked["code"] == "approval_required"
    answered(asked, "decline", "Declined. Nothing ran.")
    assert (await olu.call_tool(tool, CHANGES[tool][era])).is_error
    assert airflow.counts() == before


@pytest.mark.parametrize("tool", CHANGES)
async def test_in_our_own_chat_a_form_that_is_closed_or_answered_by_no_changes_nothing(
    olu: Client, airflow: Local, web_chat: Edge, era: Era, tool: str
) -> None:
    before = airflow.counts()
    for answer in ("cancel", "decline"):
        person = says(answer)
        async with web_chat.connect("olu", "airflow", era=era, elicitation_callback=person) as chat:
            refused = fields_of(await chat.call_tool(tool, CHANGES[tool][era]))
        # 2025 over HTTP has no way back to the client during a call, so there the chat too gets the link.
        asked, code = {"auto": (["form"], "not_approved"), "legacy": ([], "approval_required")}[era]
        assert ([question.mode for question in person.questions], refused["code"]) == (asked, code)
        assert airflow.counts() == before
        if "url" in refused and answer == "decline":
            answered(refused, answer, "Declined. Nothing ran.")


async def test_a_yes_in_our_own_chat_starts_one_run_and_played_again_none(
    olu: Client, airflow: Local, web_chat: Edge, era: Era
) -> None:
    wanted = {"dag_id": "healthy_orders", "note": f"asked in the chat, {era}"}
    async with web_chat.connect("olu", "airflow", era=era, elicitation_callback=says_yes()) as chat:
        yes = await said_yes(chat, wanted)
        before = airflow.counts()[0][0]
        started = await called(chat, wanted, yes)
        after = airflow.counts()
        assert waits(await called(chat, wanted, yes)), "the yes is used up"
        # On 2026 the sealed state of another call is refused before anybody looks for a yes.
        with pytest.raises(MCPError, match="requestState") if yes else nullcontext():
            assert waits(await called(chat, wanted | {"note": "another"}, yes))
    assert isinstance(started, CallToolResult)
    assert not started.is_error
    assert after[0][0] == before + 1
    assert airflow.events(fields_of(started)["reference"].rpartition("/")[2]) == [("trigger_dag_run", "olu")]
    assert airflow.counts() == after


async def said_yes(chat: Client, wanted: dict[str, Any]) -> dict[str, Any]:
    """What the second round of the call carries: on 2026 the answered form, on 2025 nothing, since the page has it."""
    asked = await called(chat, wanted, {})
    if isinstance(asked, CallToolResult):
        answered(fields_of(asked), "grant", "Approved, not used yet")
        return {}
    yes = ElicitResult(action="accept", content={"approve": True})
    return {"input_responses": dict.fromkeys(asked.input_requests or {}, yes), "request_state": asked.request_state}


async def called(chat: Client, wanted: dict[str, Any], yes: dict[str, Any]) -> CallToolResult | InputRequiredResult:
    """One round of a call, with a yes that was given before or with none."""
    said = await chat.session.call_tool("trigger_run", wanted, allow_input_required=True, **yes)
    assert isinstance(said, CallToolResult | InputRequiredResult)
    return said


def waits(said: CallToolResult | InputRequiredResult) -> bool:
    """Whether a person is asked, and nothing ran."""
    return isinstance(said, InputRequiredResult) or fields_of(said)["code"] == "approval_required"


async def test_a_yes_is_for_what_was_asked_and_for_once(olu: Client, airflow: Local, era: Era) -> None:
    before = airflow.counts()
    one, another = {"auto": ("mapped_regions", "starved_pool"), "legacy": ("waiting_sensor", "refund_approval")}[era]
    pause, go_on = ({"dag_id": one, "paused": paused} for paused in (True, False))
    await granted(olu, "set_paused", pause)
    other = fields_of(await olu.call_tool("set_paused", pause | {"dag_id": another}))
    assert other["code"] == "approval_required"
    assert airflow.counts() == before, "a yes for one DAG is none for another"
    assert (await call(olu, "set_paused", **pause))[1]["state"] == "paused"
    await granted(olu, "set_paused", go_on)
    assert (await call(olu, "set_paused", **go_on))[1]["state"] == "active"
    after = airflow.counts()
    replayed = fields_of(await olu.call_tool("set_paused", pause))
    assert replayed["code"] == "approval_required", "the first yes is used up"
    assert airflow.counts() == after
    for asked in (other, replayed):
        answered(asked, "decline", "Declined. Nothing ran.")


async def test_a_yes_starts_exactly_one_run_and_airflow_s_log_names_the_person(
    olu: Client, airflow: Local, era: Era
) -> None:
    [[before, *_]] = airflow.counts()
    wanted = CHANGES["trigger_run"][era] | {"key": f"e2e-{era}-{time.time_ns()}"}
    await granted(olu, "trigger_run", wanted)
    references = {(await call(olu, "trigger_run", **wanted))[1]["reference"] for _ in range(2)}
    run_id = f"seedbed__{wanted['key']}"
    assert references == {f"airflow:run/healthy_orders/{run_id}"}
    assert airflow.counts()[0][0] == before + 1
    assert airflow.events(run_id) == [("trigger_dag_run", "olu")]


async def granted(visit: Client, tool: str, wanted: dict[str, Any]) -> None:
    """The person says yes on the page."""
    answered(fields_of(await visit.call_tool(tool, wanted)), "grant", "Approved, not used yet")


def answered(asked: dict[str, Any], answer: str, words: str) -> None:
    """The person answers on the page: at most a few questions wait for one person at a time."""
    with open_page(asked["url"], "olu") as page:
        assert words in page.answer(answer)
