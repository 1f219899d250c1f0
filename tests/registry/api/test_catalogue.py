"""What is listed is what may be called, and what may be called is what pre-flight says: for everybody, everywhere."""

import time
from typing import Any

import pytest

from platform_core.testing import PEOPLE
from registry.store import health
from registry.store.health import Sighting
from tests.registry.stage import TOOLS, Registry, Signer, registration

EXPECTED = {
    "ana": {"presto": {"find_tables", "describe_table", "run_query"}, "seed": {"greet"}},
    "bo": {"presto": {"find_tables", "describe_table"}, "seed": {"greet"}},
    "carl": {"seed": set[str]()},
    "ada": {"presto": {"find_tables", "describe_table"}, "seed": {"greet"}},
    "olu": {"presto": {"find_tables", "describe_table", "run_query"}, "seed": {"greet"}},
    "sam": {"seed": {"greet"}},
    "lea": {"seed": {"greet"}},
    "gia": {"seed": {"greet"}},
    "tom": {"seed": {"greet"}},
}


def listed(catalogue: Any) -> dict[str, set[str]]:
    return {server["name"]: {tool["name"] for tool in server["tools"]} for server in catalogue["servers"]}


@pytest.mark.parametrize("login", PEOPLE)
async def test_everybody_sees_exactly_what_they_may_use(registry: Registry, login: str) -> None:
    await registry.make_live("presto")
    await registry.make_live("seed")
    assert listed(await registry.ask("/api/catalog", login)) == EXPECTED[login]


@pytest.mark.parametrize("login", PEOPLE)
async def test_listed_is_callable_and_callable_is_listed(registry: Registry, login: str) -> None:
    await registry.make_live("presto")
    await registry.make_live("seed")
    seen = listed(await registry.ask("/api/catalog", login))
    for server, tools in TOOLS.items():
        opens = await registry.ask("/api/preflight", login, server=server)
        assert opens["allow"] == (server in seen)
        for tool in tools:
            verdict = await registry.ask("/api/preflight", login, server=server, tool=tool)
            assert verdict["allow"] == (tool in seen.get(server, set())), verdict
            assert (verdict["how_to_ask"] is None) == verdict["allow"]


async def test_a_row_says_what_a_client_needs_to_connect(registry: Registry) -> None:
    await registry.make_live("presto")
    (row,) = (await registry.ask("/api/catalog", "bo"))["servers"]
    assert row["url"] == "http://127.0.0.1:7301/mcp/presto"
    assert (row["owner"], row["channels"], row["title"]) == ("Data Platform", ["#ask-presto"], "Presto")
    assert (row["status"], row["checked_at"]) == ("unknown", None)
    assert row["tools"][1] == {
        "name": "describe_table",
        "description": "Columns, keys, size and owner of one table.",
        "risk": "low",
        "data_class": "internal",
    }


async def test_the_status_is_what_the_probe_saw(registry: Registry) -> None:
    await registry.make_live("presto")
    seen = Sighting(server="presto", state="degraded", reason="does not list run_query", at=1_780_000_000.0)
    async with registry.parts.database.writing() as connection:
        await health.note(connection, "production", [seen])
    (row,) = (await registry.ask("/api/catalog", "bo"))["servers"]
    assert (row["status"], row["checked_at"]) == ("degraded", "2026-05-28T20:26:40Z")


async def test_an_empty_list_says_that_nothing_is_registered(registry: Registry) -> None:
    catalogue = await registry.ask("/api/catalog", "ana")
    assert catalogue["servers"] == []
    assert catalogue["why_empty"] == "No server is registered in production yet."


async def test_an_empty_list_says_why_and_whom_to_ask(registry: Registry) -> None:
    await registry.make_live("presto")
    catalogue = await registry.ask("/api/catalog", "carl")
    assert catalogue["servers"] == []
    assert "presto is open to reviewed business groups" in catalogue["why_empty"]
    assert "ask Data Platform in #ask-presto" in catalogue["why_empty"]


async def test_a_full_list_gives_no_reason(registry: Registry) -> None:
    await registry.make_live("seed")
    assert (await registry.ask("/api/catalog", "ana"))["why_empty"] is None


async def test_the_surface_of_the_token_decides_with_the_person(registry: Registry) -> None:
    await registry.make_live("presto")
    headers = registry.issuer.headers("ana", azp="seedbed-registry")
    catalogue = (await registry.public.get("/api/catalog", headers=headers)).json()
    assert (catalogue["surface"], catalogue["servers"]) == ("registry", [])
    assert "presto is not open on the surface registry" in catalogue["why_empty"]


async def test_the_probe_may_open_and_call_nothing(registry: Registry) -> None:
    await registry.make_live("presto")
    headers = registry.issuer.headers("olu", azp="seedbed-probe")
    catalogue = (await registry.public.get("/api/catalog", headers=headers)).json()
    assert listed(catalogue) == {"presto": set()}


async def test_a_registered_server_without_a_policy_is_open_to_nobody(registry: Registry) -> None:
    await registry.register(registration("presto"))
    assert (await registry.ask("/api/catalog", "ana"))["servers"] == []
    assert (await registry.ask("/api/preflight", "ana", server="presto"))["rule"] == "presto/no-policy"


async def test_a_changed_contract_closes_the_server_until_its_policy_is_made_anew(
    registry: Registry, signer: Signer
) -> None:
    await registry.make_live("presto")
    wider = registration("presto", version="1.1.0", tools={**TOOLS["presto"], "drop": TOOLS["presto"]["run_query"]})
    await registry.register(wider)
    assert (await registry.ask("/api/preflight", "ana", server="presto"))["rule"] == "presto/contract"
    await registry.put(signer.policy(wider, version=2))
    assert (await registry.ask("/api/preflight", "ana", server="presto", tool="drop"))["allow"]


async def test_a_policy_is_obeyed_from_the_next_question_on(registry: Registry, signer: Signer) -> None:
    await registry.make_live("presto")
    assert (await registry.ask("/api/preflight", "bo", server="presto"))["allow"]
    narrower = {"business_groups": ["finance"], "browse": []}
    await registry.put(signer.policy(registration("presto"), version=2, gate=narrower))
    assert (await registry.ask("/api/preflight", "bo", server="presto"))["rule"] == "presto/gate"


async def test_a_policy_ends_by_itself(registry: Registry, signer: Signer) -> None:
    said = registration("presto")
    await registry.register(said)
    await registry.put(signer.policy(said, not_after=int(time.time()) + 1))
    while (verdict := await registry.ask("/api/preflight", "ana", server="presto"))["allow"]:
        pass
    assert verdict["rule"] == "presto/expired"


async def test_preflight_knows_what_does_not_exist(registry: Registry) -> None:
    await registry.make_live("presto")
    unknown = await registry.ask("/api/preflight", "ana", server="nothing")
    assert (unknown["allow"], unknown["rule"]) == (False, "registry/unknown-server")
    no_tool = await registry.ask("/api/preflight", "ana", server="presto", tool="drop_everything")
    assert (no_tool["allow"], no_tool["rule"]) == (False, "presto/default-deny")


@pytest.mark.parametrize("query", ["", "server=", "server=../api", "server=Presto", "server=presto&tool=a%20b"])
async def test_preflight_refuses_names_that_nothing_can_have(registry: Registry, query: str) -> None:
    answer = await registry.public.get(f"/api/preflight?{query}", headers=registry.issuer.headers("ana"))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
