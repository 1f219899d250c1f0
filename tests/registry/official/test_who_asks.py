"""Anybody may read the list, from any page; whoever is signed in reads more; a fault is never an answer."""

import pytest
from sqlalchemy import text

from tests.registry.official.shelf import GOVERNANCE, OFFICIAL, Ide, approve
from tests.registry.stage import Registry, registration

PRESTO = "/servers/internal.seedbed%2Fpresto/versions"


async def test_a_person_who_is_signed_in_learns_how_it_is_governed_and_whether_they_may(
    registry: Registry, ide: Ide
) -> None:
    await registry.make_live("presto")
    (entry,) = (await ide.listed(headers=registry.issuer.headers("bo")))["servers"]
    assert set(entry["_meta"]) == {OFFICIAL, GOVERNANCE}
    governed = entry["_meta"][GOVERNANCE]
    assert governed["running"].pop("approved_until").endswith("Z")
    assert governed == {
        "state": "live",
        "contract_digest": registration("presto").contract.digest,
        "running": {
            "owner": "Data Platform",
            "channels": ["#ask-presto"],
            "policy_version": 1,
            "reviews": [{"kind": "security", "ticket": "SEC-1"}],
            "data_classes": ["internal", "restricted"],
            "status": "unknown",
        },
        "you": {"allow": True, "rule": "presto/gate", "tools": ["find_tables", "describe_table"]},
    }


async def test_a_person_who_may_not_learns_whom_to_ask(registry: Registry, ide: Ide) -> None:
    await registry.make_live("presto")
    (entry,) = (await ide.listed(headers=registry.issuer.headers("carl")))["servers"]
    you = entry["_meta"][GOVERNANCE]["you"]
    assert you == {
        "allow": False, "rule": "presto/gate", "how_to_ask": "ask Data Platform in #ask-presto", "tools": [],
    }  # fmt: skip


async def test_of_what_does_not_run_there_is_less_to_say(registry: Registry, ide: Ide) -> None:
    await approve(registry, "presto", "1.0.0")
    await approve(registry, "presto", "1.1.0", policy=2)
    headers = registry.issuer.headers("ana")
    old = (await ide.get(f"{PRESTO}/1.0.0", headers=headers)).json()["_meta"][GOVERNANCE]
    assert (old["state"], "running" in old, "you" in old) == ("replaced", False, False)


@pytest.mark.parametrize("bearer", ["nonsense", "", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_token_that_does_not_hold_is_refused_and_not_read_as_nobody(
    registry: Registry, ide: Ide, bearer: str
) -> None:
    await registry.make_live("presto")
    answer = await ide.get("/servers", headers={"Authorization": f"Bearer {bearer}"})
    assert (answer.status_code, answer.json()["status"]) == (401, 401)
    assert "/.well-known/oauth-protected-resource/api" in answer.headers["www-authenticate"]


async def test_a_client_of_another_environment_is_refused(registry: Registry, ide: Ide) -> None:
    answer = await ide.get("/servers", headers=registry.issuer.headers("ana", azp="seedbed-cli-dev"))
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/servers", PRESTO, f"{PRESTO}/latest"])
async def test_a_page_from_anywhere_may_ask(ide: Ide, path: str) -> None:
    answer = await ide.http.options(f"/v0.1{path}", headers={"Origin": "https://somewhere.test"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type"


@pytest.mark.parametrize("path", ["/servers", PRESTO, f"{PRESTO}/latest"])
async def test_a_database_that_fails_is_a_fault_and_not_an_unknown_server(
    registry: Registry, ide: Ide, path: str
) -> None:
    await approve(registry, "presto")
    async with registry.parts.database.writing() as connection:
        await connection.execute(text("ALTER TABLE versions RENAME TO lost"))
    answer = await ide.get(path)
    assert (answer.status_code, answer.json()["title"]) == (503, "Service Unavailable")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/publish"),
        ("PUT", f"{PRESTO}/1.0.0"),
        ("DELETE", f"{PRESTO}/1.0.0"),
        ("PATCH", f"{PRESTO}/1.0.0/status"),
        ("PATCH", "/servers/internal.seedbed%2Fpresto/status"),
    ],
)
async def test_nothing_comes_in_by_this_way(ide: Ide, method: str, path: str) -> None:
    answer = await ide.http.request(method, f"/v0.1{path}", json={})
    assert (answer.status_code, answer.json()["title"]) == (501, "Not Implemented")
    assert "by the pipeline" in answer.json()["error"]


async def test_what_is_no_address_of_the_api_is_said_in_its_own_form(ide: Ide) -> None:
    answer = await ide.get("/nowhere")
    assert (answer.status_code, answer.json()["error"]) == (404, "Not Found")
