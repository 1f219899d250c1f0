"""The registry's side of the stage: a stream of signed documents for each environment, and a box for refusals."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.auth.clients import Environment
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import sign
from platform_core.policy.suspend import Suspension, Suspensions
from tests.gateway.programs import Receive, Scope, Send, answer
from tests.gateway.wire import Json


@dataclass
class Shelf:
    """What stands on the desk for one environment, and every change as it happened."""

    signed: dict[str, Json] = field(default_factory=dict[str, Json])
    suspensions: Json | None = None
    version: int = 0
    news: list[Json] = field(default_factory=list[Json])


class Desk:
    """Signs and pushes what a test decides."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.refusals: dict[str, Json] = {}
        """What the gateway told, by id."""
        self._shelves: dict[str, Shelf] = {"production": Shelf(), "dev": Shelf()}

    def pinned(self) -> str:
        """The file of keys that the gateway is told to obey."""
        public = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()
        return json.dumps({"policy": {"dev-1": public}})

    def sign(self, document: PolicyArtefact | Suspensions) -> Json:
        return sign(document, key="dev-1", private=self.key).model_dump(mode="json")

    def put(self, artefact: PolicyArtefact) -> None:
        shelf = self._shelves[artefact.environment]
        shelf.signed[artefact.server] = self.sign(artefact)
        self.send({"kind": "policy", "signed": shelf.signed[artefact.server]}, artefact.environment)

    def put_all(self, artefacts: Iterable[PolicyArtefact]) -> None:
        for artefact in artefacts:
            self.put(artefact)

    def withdraw(self, server: str, environment: Environment = "production") -> None:
        del self._shelves[environment].signed[server]
        self.send({"kind": "withdrawn", "server": server}, environment)

    def suspend(self, *what: Json, environment: Environment = "production") -> None:
        """Suspend exactly this, and nothing that was suspended before."""
        shelf = self._shelves[environment]
        shelf.version += 1
        entries = tuple(Suspension.model_validate({"reason": "a test", "by": "sam", "at": 1} | one) for one in what)
        document = Suspensions(environment=environment, version=shelf.version, issued_at=1, entries=entries)
        shelf.suspensions = {"kind": "suspensions", "signed": self.sign(document)}
        self.send(shelf.suspensions, environment)

    def send(self, line: Json, environment: Environment = "production") -> None:
        self._shelves[environment].news.append(line)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/api/refusals":
            return await self._take(receive, send)
        asked = parse_qs(scope["query_string"].decode())
        return await self._stream(self._shelves[asked["environment"][0]], receive, send)

    async def _take(self, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        self.refusals |= {told["id"]: told for told in json.loads(body)}
        await answer(send, {"taken": True})

    async def _stream(self, shelf: Shelf, receive: Receive, send: Send) -> None:
        seen = len(shelf.news)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for signed in list(shelf.signed.values()):
            await _line(send, {"kind": "policy", "signed": signed})
        if shelf.suspensions:
            await _line(send, shelf.suspensions)
        await _line(send, {"kind": "current"})
        gone, beat = asyncio.ensure_future(_disconnected(receive)), time.monotonic()
        while not gone.done():
            for line in shelf.news[seen:]:
                seen += 1
                await _line(send, line)
            if time.monotonic() - beat > 0.2:
                beat = time.monotonic()
                await _line(send, {"kind": "beat"})
            await asyncio.sleep(0.002)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _line(send: Callable[[Any], Any], line: Json) -> None:
    await send({"type": "http.response.body", "body": json.dumps(line).encode() + b"\n", "more_body": True})
