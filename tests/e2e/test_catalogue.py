"""What the registry says is what happens: listed is callable, pre-flight is right, a forged address is refused."""

import pytest

from platform_core.testing import PEOPLE
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.stack import Stack
from tests.gateway.wire import CURRENT, Json

TOOLS: dict[tuple[str, str], Json] = {
    ("airflow", "find_dags"): {"text": "orders"},
    ("airflow", "get_dag"): {"dag_id": "healthy_orders"},
    ("airflow", "list_runs"): {},
    ("airflow", "diagnose_run"): {"dag_id": "healthy_orders"},
    ("airflow", "get_task_log"): {"dag_id": "healthy_orders", "run_id": "teaching", "task_id": "load"},
    ("airflow", "trigger_run"): {"dag_id": "healthy_orders"},
    ("airflow", "clear_tasks"): {"dag_id": "healthy_orders", "run_id": "teaching"},
    ("airflow", "set_paused"): {"dag_id": "healthy_orders", "paused": True},
    ("knowledge", "search"): {"query": "how do I claim expenses"},
    ("knowledge", "read"): {"id": "kb:doc/handbook/expenses"},
    ("knowledge", "list_sources"): {},
    ("knowledge", "find_experts"): {"topic": "expenses"},
    ("knowledge", "report_gap"): {
        "kind": "wrong",
        "query": "how do I claim expenses",
        "passage_ids": ["kb:doc/nobodys"],
    },
    ("presto", "find_tables"): {"words": "orders"},
    ("presto", "describe_table"): {"table": "tpch.tiny.nation"},
    ("presto", "check_query"): {"sql": "select 1"},
    ("presto", "run_query"): {"sql": "select 1"},
    ("presto", "get_query"): {"query_id": "nobodys"},
    ("presto", "cancel_query"): {"query_id": "nobodys"},
    ("presto", "get_revenue_metrics"): {"metric": "orders", "start": "1995-01-01", "end": "1995-02-01"},
    ("presto", "write_table"): {"sql": "insert into memory.default.t select 1"},
    ("presto", "drop_table"): {"table": "tpch.tiny.nation"},
    ("seed", "greet"): {"word": "Hello"},
    ("spark", "find_applications"): {"text": "oom"},
    ("spark", "diagnose_application"): {"app_id": "app-20261122183520-0006"},
    ("spark", "get_failures"): {"app_id": "app-20261122183520-0006"},
    ("spark", "get_details"): {"app_id": "app-20261122183520-0006", "what": "timeline"},
    ("spark", "get_logs"): {"app_id": "app-20261123102744-0002"},
    ("spark", "compare_runs"): {"app_id": "app-20261122182521-0001", "baseline": "app-20261122182715-0002"},
    ("spark", "find_incidents"): {"text": "skewed customer"},
    ("spark", "record_root_cause"): {
        "app_id": "app-20261122183520-0006",
        "signature": "nobodys",
        "cause": "A cause of nothing.",
        "evidence": [],
        "fix": "None is needed.",
        "severity": "low",
    },
}
"""Every tool of the stack with arguments that it takes, and one that nobody wrote."""
OWN_NO = {
    **{tool: "unavailable" for server, tool in TOOLS if server == "airflow"},
    "record_root_cause": "invalid",
    "report_gap": "not_found",
    "get_query": "not_found",
    "cancel_query": "not_found",
    "write_table": "denied",
}
"""What a tool says itself, behind both locks: no such query, failure or page, changes are off, no Airflow runs."""
each_person = pytest.mark.parametrize("login", PEOPLE)


def catalogue(edge: Edge, login: str) -> dict[str, Json]:
    """The servers that the registry lists for a person, by name."""
    said = edge.ask("GET", "/api/catalog", who=login)
    assert (said.status, said.body["person"], said.body["surface"]) == (200, login, "cli")
    return {server["name"]: server for server in said.body["servers"]}


def may_call(edge: Edge, login: str, server: str, tool: str, era: str = CURRENT) -> bool:
    """Call it and see."""
    answer = edge.call(tool, TOOLS[server, tool], who=login, server=server, era=era)
    if answer.status == 200:
        assert not answer.result["isError"] or answer.result["structuredContent"]["code"] == OWN_NO[tool], answer.body
        return True
    assert (answer.status, answer.body["code"]) == (403, "authorization_denied")
    return False


@each_person
def test_the_catalogue_lists_exactly_what_can_be_called(edge: Edge, login: str) -> None:
    listed = {(name, tool["name"]) for name, server in catalogue(edge, login).items() for tool in server["tools"]}
    assert listed == {(server, tool) for server, tool in TOOLS if may_call(edge, login, server, tool)}


@each_person
@pytest.mark.parametrize("era", ERAS)
async def test_the_catalogue_is_what_each_server_lists(edge: Edge, login: str, era: Era) -> None:
    for name, server in catalogue(edge, login).items():
        async with edge.connect(login, name, era=era) as client:
            live = {tool.name: tool.description for tool in (await client.list_tools()).tools}
        assert live == {tool["name"]: tool["description"] for tool in server["tools"]}


@each_person
def test_pre_flight_foretells_every_call(edge: Edge, login: str) -> None:
    for server, tool in TOOLS:
        said = edge.ask("GET", f"/api/preflight?server={server}&tool={tool}", who=login).body
        assert said["allow"] is may_call(edge, login, server, tool), said
        assert (said["how_to_ask"] is None) is said["allow"]


@each_person
def test_pre_flight_foretells_who_may_open_a_server(stack: Stack, edge: Edge, login: str) -> None:
    for server in stack.servers:
        said = edge.ask("GET", f"/api/preflight?server={server}", who=login).body
        assert said["allow"] is edge.opens(login, server), said


def test_the_expected_people_may_use_the_expected_tools(edge: Edge) -> None:
    browse, greet = ["find_tables", "describe_table", "check_query"], ["greet"]
    query = [*browse, "run_query", "get_query", "cancel_query"]
    find, dags = ["find_applications"], [tool for server, tool in TOOLS if server == "airflow"]
    read = [tool for server, tool in TOOLS if server == "spark" and tool != "record_root_cause"]
    everybody = {"knowledge": [tool for server, tool in TOOLS if server == "knowledge"], "seed": greet}
    seen = {
        login: {name: [tool["name"] for tool in server["tools"]] for name, server in catalogue(edge, login).items()}
        for login in PEOPLE
    }
    assert seen == {
        "ana": everybody | {"airflow": dags, "presto": query, "spark": read},
        "ada": everybody | {"airflow": dags, "presto": [*query, "get_revenue_metrics"], "spark": read},
        "olu": everybody | {"airflow": dags, "presto": [*query, "write_table"], "spark": [*read, "record_root_cause"]},
        "bo": everybody | {"airflow": dags[:1], "presto": browse, "spark": find},
        "carl": {"seed": greet},
        **{login: everybody for login in ("sam", "lea", "gia", "tom")},
    }


def test_nobody_may_ask_about_somebody_else(edge: Edge) -> None:
    for path in ("/api/catalog?", "/api/preflight?server=presto&", "/api/validate?server=presto&"):
        assert edge.ask("GET", f"{path}person=ana", who="ana").status == 200
        refused = edge.ask("GET", f"{path}person=ana", who="bo")
        assert (refused.status, refused.body["code"]) == (403, "authorization_denied")


@pytest.mark.parametrize("path", ["/api/catalog", "/api/preflight?server=presto", "/api/validate?server=presto"])
def test_the_registry_answers_nobody_without_a_token(edge: Edge, path: str) -> None:
    refused = edge.ask("GET", path)
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")


def test_pre_flight_of_a_server_that_nobody_registered_says_so(edge: Edge) -> None:
    said = edge.ask("GET", "/api/preflight?server=payroll", who="ana").body
    assert (said["allow"], said["rule"]) == (False, "registry/unknown-server")


def test_the_right_address_is_valid(edge: Edge) -> None:
    for name, server in catalogue(edge, "ana").items():
        said = edge.ask("GET", f"/api/validate?server={name}&url={server['url']}", who="ana").body
        assert (said["valid"], said["url"]) == (True, f"{edge.base}/mcp/{name}")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("server=presto&url=http://127.0.0.1:1/mcp/presto", "the address is not this server's, which is "),
        ("server=presto&url={base}/mcp/seed", "the address is not this server's, which is "),
        ("server=presto&url={base}/mcp/presto/", "the address is not this server's, which is "),
        ("server=presto&version=0.0.1", "version 0.0.1 is not in force"),
        ("server=payroll&url={base}/mcp/payroll", "no server payroll is registered in production"),
    ],
)
def test_a_forged_address_or_a_stale_version_is_invalid_with_the_reason(edge: Edge, asked: str, reason: str) -> None:
    said = edge.ask("GET", f"/api/validate?{asked.format(base=edge.base)}", who="ana").body
    assert said["valid"] is False
    assert said["reason"].startswith(reason)
