"""By token a person's programs read what waits, and never answer it."""

import pytest

from platform_core.testing import PEOPLE
from tests.registry.pages.asking import Asked, ask
from tests.registry.stage import Registry


@pytest.fixture
async def asked(registry: Registry) -> Asked:
    return await ask(registry)


async def test_what_waits_is_read_by_the_token_of_the_one_whom_it_asks(asked: Asked) -> None:
    [found] = (await asked.registry.ask("/api/approvals", "ana"))["approvals"]
    assert (found["id"], found["state"], found["tool"], found["url"].endswith(asked.path)) == (
        asked.id, "pending", "pull_up", True,
    )  # fmt: skip
    assert '"plants": 3' in found["arguments"]
    assert await asked.registry.ask(f"/api/approvals/{asked.id}", "ana") == found


async def test_it_is_nothing_to_anybody_else(asked: Asked) -> None:
    for login in set(PEOPLE) - {"ana"}:
        assert (await asked.registry.ask("/api/approvals", login))["approvals"] == []
        headers = asked.registry.issuer.headers(login)
        assert (await asked.registry.public.get(f"/api/approvals/{asked.id}", headers=headers)).status_code == 404
    assert (await asked.registry.public.get(f"/api/approvals/{asked.id}")).status_code == 401


@pytest.mark.parametrize("body", [{}, {"answer": "grant"}, {"answer": "granted", "on": "page"}])
async def test_no_token_answers_and_the_refusal_says_who_does(asked: Asked, body: dict[str, str]) -> None:
    headers = asked.registry.issuer.headers("ana")
    refused = await asked.registry.public.post(f"/api/approvals/{asked.id}", json=body, headers=headers)
    assert (refused.status_code, refused.json()["rule"]) == (403, "registry/approval-in-person")
    assert refused.json()["how_to_ask"].endswith(asked.path)
    for step in ("answer", "consume"):
        path = f"/api/approvals/{asked.id}/{step}"
        assert (await asked.registry.public.post(path, json={"answer": "granted"}, headers=headers)).status_code == 404
    assert (await asked.found()).state == "pending"


async def test_what_became_of_it_is_read_too(asked: Asked) -> None:
    cookie, csrf = await asked.signed_in()
    await asked.post(cookie | {"Sec-Fetch-Site": "same-origin"}, answer="decline", csrf=csrf)
    assert (await asked.registry.ask("/api/approvals", "ana"))["approvals"] == []
    [found] = (await asked.registry.ask("/api/approvals", "ana", answered="true"))["approvals"]
    assert (found["state"], found["answered_by"]) == ("declined", "ana")
