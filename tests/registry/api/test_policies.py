"""A policy names groups, so it is shown to those who answer for a server or judge it."""

import httpx2
import pytest

from platform_core.policy.artefact import PolicyArtefact
from tests.registry.reviews.reviewing import Office
from tests.registry.stage import KEY, Registry, Signer, registration


async def read(registry: Registry, login: str, server: str = "presto", **query: str) -> httpx2.Response:
    headers = registry.issuer.headers(login)
    return await registry.public.get(f"/api/policies/{server}", params=query, headers=headers)


@pytest.mark.parametrize(
    ("login", "status"), [("olu", 200), ("sam", 200), ("ana", 403), ("bo", 403), ("carl", 403), ("ada", 403)]
)
async def test_it_is_shown_to_operators_and_reviewers_and_leaks_to_nobody(
    registry: Registry, login: str, status: int
) -> None:
    await registry.make_live("presto")
    answer = await read(registry, login)
    assert answer.status_code == status
    assert ("data-engineering" in answer.text) is (status == 200)
    if status == 403:
        assert answer.json()["how_to_ask"] == "ask Data Platform in #ask-presto"


async def test_the_owners_team_reads_its_own(registry: Registry) -> None:
    await registry.make_live("presto")
    headers = registry.issuer.headers("bo", groups=["data-platform"])
    assert (await registry.public.get("/api/policies/presto", headers=headers)).status_code == 200


async def test_every_version_can_be_read_and_the_one_in_force_is_marked(registry: Registry, signer: Signer) -> None:
    await registry.make_live("presto")
    await registry.put(signer.policy(registration("presto"), version=4, how_to_ask="ask nicely"))
    newest, first = (await read(registry, "olu")).json(), (await read(registry, "olu", version="1")).json()
    assert (newest["version"], newest["in_force"], newest["signed_by"]) == (4, True, KEY)
    assert (first["version"], first["in_force"]) == (1, False)
    assert PolicyArtefact.model_validate(newest["artefact"]).how_to_ask == "ask nicely"
    assert (await read(registry, "olu", version="3")).json()["code"] == "not_found"


async def test_environments_have_policies_of_their_own(registry: Registry) -> None:
    await registry.make_live("presto", environment="dev")
    assert (await read(registry, "olu")).status_code == 404
    assert (await read(registry, "olu", environment="dev")).json()["environment"] == "dev"


async def test_a_policy_that_the_proxy_cannot_say_is_refused_by_name(registry: Registry, signer: Signer) -> None:
    said = registration("seed")
    await registry.register(said)
    answer = await registry.put(signer.policy(said, policies={"everyone": {"not": {"group": "x"}}}))
    assert (answer.status_code, answer.json()["rule"]) == (400, "registry/inexpressible")
    assert "policy everyone of seed says only who may not" in answer.json()["detail"]


async def test_a_signature_alone_opens_nothing_in_production(registry: Registry, signer: Signer) -> None:
    said = registration("seed")
    for environment in ("production", "dev"):
        await registry.register(said, environment)
    refused = await registry.try_out(signer.policy(said))
    assert (refused.status_code, refused.json()["rule"]) == (403, "registry/review")
    assert "`seedbed submit`" in refused.json()["detail"]
    assert (await registry.try_out(signer.policy(said, environment="dev"))).status_code == 200
    review = await Office(registry).opened(said)
    assert (await Office(registry).grant_all(review))["state"] == "live"
    again = signer.policy(said, version=2)
    assert (await registry.try_out(again)).status_code == 403, "nor where reviews opened it before"
