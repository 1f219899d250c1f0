"""One registry for both environments: each is asked about by name, and an address is always its own door's."""

import pytest

from tests.registry.stage import BASE, DEV, Registry, Signer, registration


async def test_production_is_meant_unless_dev_is_named(registry: Registry) -> None:
    await registry.make_live("seed")
    await registry.make_live("presto", environment="dev")
    found: dict[str, list[tuple[str, str]]] = {}
    for asked in ("", "production", "dev"):
        query = {"environment": asked} if asked else {}
        servers = (await registry.ask("/api/catalog", "ana", **query))["servers"]
        found[asked] = [(server["name"], server["url"]) for server in servers]
    live = [("seed", f"{BASE}/mcp/seed")]
    assert found == {"": live, "production": live, "dev": [("presto", f"{DEV}/mcp/presto")]}


async def test_a_caller_is_judged_where_they_are_whichever_environment_they_ask_about(
    registry: Registry, signer: Signer
) -> None:
    said = registration("presto")
    await registry.register(said, "dev")
    await registry.put(signer.policy(said, environment="dev", reach={"surfaces": ["web-chat"]}))
    verdict = await registry.ask("/api/preflight", "ana", server="presto", environment="dev")
    assert (verdict["allow"], verdict["rule"], verdict["environment"]) == (False, "presto/surface", "dev")


async def test_an_address_of_the_other_environment_is_not_valid(registry: Registry) -> None:
    await registry.make_live("presto", environment="dev")
    for url, valid in ((f"{DEV}/mcp/presto", True), (f"{BASE}/mcp/presto", False)):
        answer = await registry.ask("/api/validate", "ana", server="presto", environment="dev", url=url)
        assert answer["valid"] is valid
    assert not (await registry.ask("/api/validate", "ana", server="presto"))["valid"]


@pytest.mark.parametrize("path", ["/api/catalog?", "/api/preflight?server=presto&", "/api/validate?server=presto&"])
async def test_an_environment_that_nobody_has_is_refused(registry: Registry, path: str) -> None:
    answer = await registry.public.get(f"{path}environment=staging", headers=registry.issuer.headers("ana"))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


async def test_a_client_learns_where_each_environment_is(registry: Registry) -> None:
    said = (await registry.public.get("/.well-known/oauth-protected-resource")).json()
    assert said["environments"] == {"production": BASE, "dev": DEV}
