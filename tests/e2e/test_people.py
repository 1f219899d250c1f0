"""The main job, as three people see it: one asks the data, one browses, one is turned away before a session exists."""

import pytest
from mcp.shared.exceptions import MCPError

from deploy.local.demo import REVENUE
from platform_core.told import csv_line
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.engine import Engine
from tests.e2e.stack import Stack
from tests.gateway.wire import CURRENT, PREVIOUS, message

BROWSING = ["find_tables", "describe_table", "check_query"]
QUERYING = [*BROWSING, "run_query", "get_query", "cancel_query"]
both_eras = pytest.mark.parametrize("era", ERAS)
both_wires = pytest.mark.parametrize("era", [CURRENT, PREVIOUS])


@both_eras
async def test_an_engineer_asks_for_revenue_by_nation_and_gets_the_engines_rows(
    edge: Edge, engine: Engine, era: Era
) -> None:
    async with edge.connect("ana", era=era) as presto:
        assert [tool.name for tool in (await presto.list_tools()).tools] == QUERYING
        answer = await presto.call_tool("run_query", {"sql": REVENUE})
    expected = engine.rows(REVENUE)
    assert not answer.is_error
    assert answer.structured_content is not None
    assert [column["name"] for column in answer.structured_content["columns"]] == ["nation", "revenue"]
    assert len(expected) == 5
    assert answer.structured_content["rows"] == [csv_line(row) for row in expected]


@both_eras
async def test_an_employee_on_the_browse_list_sees_and_calls_exactly_the_browsing_tools(edge: Edge, era: Era) -> None:
    async with edge.connect("bo", era=era) as presto:
        assert [tool.name for tool in (await presto.list_tools()).tools] == BROWSING
        found = await presto.call_tool("find_tables", {"words": "orders by customer"})
        described = await presto.call_tool("describe_table", {"table": "tpch.tiny.nation"})
    assert not found.is_error
    assert "orders" in str(found.structured_content)
    assert not described.is_error
    assert "regionkey" in str(described.structured_content)


@both_eras
async def test_the_real_client_is_refused_the_query_and_nothing_runs(edge: Edge, engine: Engine, era: Era) -> None:
    async with edge.connect("bo", era=era) as presto:
        with pytest.raises(MCPError):
            await presto.call_tool("run_query", {"sql": "select 42 as never"})
        assert not (await presto.call_tool("find_tables", {})).is_error, "the session goes on"
    asked = engine.asked_by("bo").values()
    assert asked, "browsing asks the engine too"
    assert not [text for text in asked if "never" in text]


@both_wires
def test_the_refusal_of_the_query_says_why_and_how_to_ask(edge: Edge, era: str) -> None:
    refused = edge.call("run_query", {"sql": "select 1"}, who="bo", era=era)
    assert (refused.status, refused.body["code"]) == (403, "authorization_denied")
    assert refused.body["rule"].startswith("presto/")
    assert "#ask-presto" in refused.body["how_to_ask"]
    assert refused.body["trace_id"] == refused.trace


@both_eras
@pytest.mark.parametrize("login", ["carl", "sam"])
async def test_who_is_in_no_business_group_gets_no_session(edge: Edge, login: str, era: Era) -> None:
    with pytest.RaisesGroup(MCPError, flatten_subgroups=True, allow_unwrapped=True):
        async with edge.connect(login, era=era):
            pass


@pytest.mark.parametrize("opening", ["server/discover", "initialize", "tools/list"])
@both_wires
def test_a_contractor_is_refused_at_connect_and_told_whom_to_ask(edge: Edge, opening: str, era: str) -> None:
    refused = edge.say(message(opening, era=era), who="carl", era=era)
    assert (refused.status, refused.body["code"], refused.body["server"]) == (403, "authorization_denied", "presto")
    assert "#ask-presto" in refused.body["how_to_ask"]
    assert "finance" not in str(refused.body), "a refusal names no group"


def test_a_session_id_of_somebody_else_lets_nobody_in(edge: Edge) -> None:
    for session in ("1", "ana", "0123456789abcdef0123456789abcdef"):
        claimed = ("mcp-session-id", session)
        assert edge.call("find_tables", {}, claimed, who="carl", era=PREVIOUS).status == 403
        assert edge.call("run_query", {"sql": "select 1"}, claimed, who="bo", era=PREVIOUS).status == 403


def test_a_server_that_nobody_registered_does_not_exist(edge: Edge) -> None:
    unknown = edge.call("pay_everybody", {}, server="payroll")
    assert (unknown.status, unknown.body["code"]) == (404, "unknown_server")


def test_without_a_token_nobody_learns_which_servers_exist(edge: Edge) -> None:
    asked = {server: edge.call("x", {}, server=server, who=None) for server in ("payroll", "presto")}
    assert {server: reply.status for server, reply in asked.items()} == {"payroll": 401, "presto": 401}
    assert {reply.body["code"] for reply in asked.values()} == {"unauthenticated"}


def test_a_client_without_a_token_is_led_to_the_login(stack: Stack, edge: Edge) -> None:
    challenge = edge.call("x", {}, who=None).headers["www-authenticate"]
    document = challenge.partition('resource_metadata="')[2].rstrip('"')
    told = edge.ask("GET", document.removeprefix(edge.base)).body
    assert told["resource"] == f"{edge.base}/mcp/presto"
    assert told["authorization_servers"] == [stack.home.issuer]
