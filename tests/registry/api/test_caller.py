"""The public API believes a token of the platform, about its bearer, and nothing else."""

import time
from typing import Any

import pytest

from tests.registry.stage import Issuer, Registry

PATHS = ["/api/catalog", "/api/preflight?server=presto", "/api/validate?server=presto"]


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_token_the_answer_says_where_to_sign_in(registry: Registry, path: str) -> None:
    answer = await registry.public.get(path)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    metadata = "http://127.0.0.1:7301/.well-known/oauth-protected-resource/api"
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{metadata}"'


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "somebody-else"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 86_400},
        {"groups": "platform"},
    ],
    ids=["audience", "issuer", "expired", "lives too long", "groups"],
)
async def test_a_token_that_proves_nothing_here_is_refused(registry: Registry, changed: dict[str, Any]) -> None:
    answer = await registry.public.get("/api/catalog", headers=registry.issuer.headers("ana", **changed))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_token_of_another_issuers_key_is_refused(registry: Registry) -> None:
    with Issuer().serving() as other:
        headers = other.headers("ana", iss=registry.issuer.url)
    assert (await registry.public.get("/api/catalog", headers=headers)).status_code == 401


@pytest.mark.parametrize("client", ["unknown-client", "seedbed-cli-dev", "seedbed-web-chat"])
async def test_a_token_of_a_client_that_has_no_business_here_is_refused(registry: Registry, client: str) -> None:
    answer = await registry.public.get("/api/catalog", headers=registry.issuer.headers("ana", azp=client))
    assert (answer.status_code, answer.json()["code"]) == (403, "client_not_allowed")


async def test_a_surface_of_the_mesh_asks_for_a_person_with_its_own_certificate(registry: Registry) -> None:
    headers = registry.issuer.headers("ana", azp="seedbed-web-chat")
    for path, status in (("web-chat", 200), ("chat-bot", 403)):
        certificate = {"X-Forwarded-Client-Cert": f"URI=spiffe://seedbed.internal/production/{path}"}
        answer = await registry.public.get("/api/catalog", headers=headers | certificate)
        assert answer.status_code == status
    assert (await registry.public.get("/api/catalog", headers=headers)).status_code == 403


async def test_a_service_without_a_person_is_told_that_the_registry_answers_to_people(registry: Registry) -> None:
    certificate = {"X-Forwarded-Client-Cert": "URI=spiffe://seedbed.internal/production/service/nightly"}
    answer = await registry.public.get("/api/catalog", headers=certificate)
    assert (answer.status_code, answer.json()["rule"]) == (401, "registry/person")


async def test_two_authorization_headers_prove_nothing(registry: Registry) -> None:
    twice = [("Authorization", f"Bearer {registry.issuer.token(login)}") for login in ("ana", "olu")]
    assert (await registry.public.get("/api/catalog", headers=twice)).status_code == 401


async def test_the_proxy_and_the_token_must_name_the_same_person(registry: Registry) -> None:
    headers = registry.issuer.headers("ana")
    for user, status in (("ana", 200), ("olu", 403), ("", 403)):
        answer = await registry.public.get("/api/catalog", headers=headers | {"X-Forwarded-User": user})
        assert answer.status_code == status


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_may_ask_about_another_person(registry: Registry, path: str) -> None:
    join = "&" if "?" in path else "?"
    headers = registry.issuer.headers("ana")
    about_herself = await registry.public.get(f"{path}{join}person=ana", headers=headers)
    about_olu = await registry.public.get(f"{path}{join}person=olu", headers=headers)
    assert about_herself.status_code == 200
    assert (about_olu.status_code, about_olu.json()["code"]) == (403, "authorization_denied")


async def test_a_refusal_carries_the_trace_that_the_proxy_began(registry: Registry) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = await registry.public.get("/api/catalog", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.json()["trace_id"] == trace
