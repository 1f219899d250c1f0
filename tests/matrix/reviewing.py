"""Every server of the world is brought under its policy: by reviews through the registry's API, or as an experiment."""

from typing import Any

import httpx2

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import sign
from platform_core.testing import PEOPLE
from tests.matrix.world import KEY, World

ANSWERS = {"model_inside": False, "strange_text": True, "sends_out": False, "personal_data": False}
REVIEWERS = {"security": "sam", "legal": "lea", "genai": "gia"}


async def bring_up(world: World) -> None:
    """Production is what reviewers decided and the signer signed; the world takes over the registry's word for it."""
    inside, outside = (world.folder / name for name in ("platform/registry.sock", "registry/public.sock"))
    async with _over(inside) as platform, _over(outside) as public:
        for name, policy in world.policies.items():
            if policy.environment == "production":
                world.policies[name] = await _reviewed(world, public, name)
            else:
                await _tried_out(world, platform, policy)


async def _reviewed(world: World, public: httpx2.AsyncClient, name: str) -> PolicyArtefact:
    wish = world.wishes[name]
    said = wish.registration.model_dump(mode="json", by_alias=True)
    review = await _post(world, public, "olu", "/submissions", {"registration": said, "answers": ANSWERS})
    narrowing = wish.narrowing.model_dump(mode="json", exclude_unset=True)
    for kind, who in REVIEWERS.items():
        decision = {"decision": "grant", "contract_digest": review["contract_digest"]}
        decision |= {"narrowing": narrowing} if kind == "security" else {}
        review = await _post(world, public, who, f"/{review['id']}/{kind}", decision)
    assert review["state"] == "live", review
    policy = await public.get(f"/api/policies/{name}", headers=_headers(world, "sam"))
    return PolicyArtefact.model_validate(policy.raise_for_status().json()["artefact"])


async def _tried_out(world: World, platform: httpx2.AsyncClient, policy: PolicyArtefact) -> None:
    said = world.wishes[policy.server].registration.model_dump(mode="json", by_alias=True)
    where = {"environment": policy.environment}
    (await platform.put(f"/api/servers/{policy.server}", params=where, json=said)).raise_for_status()
    envelope = sign(policy, key=KEY, private=world.key)
    (await platform.put("/api/policies", json=envelope.model_dump(mode="json"))).raise_for_status()


async def _post(world: World, public: httpx2.AsyncClient, who: str, path: str, body: Any) -> dict[str, Any]:
    answer = await public.post(f"/api/reviews{path}", json=body, headers=_headers(world, who))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _headers(world: World, who: str) -> dict[str, str]:
    person = PEOPLE[who]
    claims: dict[str, Any] = {"groups": list(person.groups), "business_groups": list(person.business_groups)}
    claims |= {"roles": list(person.roles), "employment": person.employment}
    token = world.issuer.token(who, azp="seedbed-cli", lifetime=900, **claims)
    return {"Authorization": f"Bearer {token}", "X-Forwarded-User": who}


def _over(socket: Any) -> httpx2.AsyncClient:
    transport = httpx2.AsyncHTTPTransport(uds=str(socket))
    return httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=60)
