"""Handing in and deciding, as the API's callers do it."""

from collections.abc import Mapping
from typing import Any, Protocol

import httpx2

from platform_core.registration.contract import Registration
from tests.registry.stage import Issuer

OWNERS: Mapping[str, str] = {"presto": "olu", "seed": "olu"}
REVIEWERS: Mapping[str, str] = {"security": "sam", "legal": "lea", "genai": "gia"}
PLAIN = {"model_inside": False, "strange_text": False, "sends_out": False, "personal_data": False}
STRANGE = PLAIN | {"strange_text": True}


class Door(Protocol):
    """Where the registry is reached, and who gives tokens for it."""

    @property
    def public(self) -> httpx2.AsyncClient: ...
    @property
    def issuer(self) -> Issuer: ...


class Office:
    """Everybody who has to do with reviews, each with a token of their own."""

    def __init__(self, registry: Door) -> None:
        self._registry = registry

    async def ask(self, path: str, who: str = "sam", **query: Any) -> httpx2.Response:
        headers = self._registry.issuer.headers(who)
        return await self._registry.public.get(f"/api/reviews{path}", params=query, headers=headers)

    async def post(self, path: str, who: str, body: Mapping[str, Any]) -> httpx2.Response:
        headers = self._registry.issuer.headers(who)
        return await self._registry.public.post(f"/api/reviews{path}", json=body, headers=headers)

    async def simulate(self, who: str, **asked: Any) -> httpx2.Response:
        """What if somebody who is made up asks."""
        headers = self._registry.issuer.headers(who)
        return await self._registry.public.post("/api/policies/simulate", json=asked, headers=headers)

    async def hand_in(
        self, said: Registration, *, who: str = "olu", answers: Mapping[str, Any] = STRANGE, **more: Any
    ) -> httpx2.Response:
        body = {"registration": said.model_dump(mode="json", by_alias=True), "answers": answers}
        return await self.post("/submissions", who, body | more)

    async def opened(self, said: Registration, *, answers: Mapping[str, Any] = STRANGE, **more: Any) -> dict[str, Any]:
        """What the registry says of what was handed in."""
        return dict((await self.hand_in(said, answers=answers, **more)).raise_for_status().json())

    async def decide(
        self, review: Mapping[str, Any], kind: str, *, who: str | None = None, says: str = "grant", **changed: Any
    ) -> httpx2.Response:
        body = {"decision": says, "contract_digest": review["contract_digest"]} | changed
        return await self.post(f"/{review['id']}/{kind}", who or REVIEWERS[kind], body)

    async def grant_all(self, review: Mapping[str, Any], **narrowings: Any) -> dict[str, Any]:
        """Every ticket given, narrowed as said by kind; the review as it is then."""
        for ticket in review["tickets"]:
            if ticket["state"] == "open":
                kind = ticket["kind"]
                (await self.decide(review, kind, narrowing=narrowings.get(kind, {}))).raise_for_status()
        return dict((await self.ask(f"/{review['id']}")).raise_for_status().json())
