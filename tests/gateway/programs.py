"""Small working programs around the proxy: an issuer with keys, echoing servers, a registry that pushes policies."""

import asyncio
import base64
import contextlib
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import RSAAlgorithm

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import sign
from tests.gateway.wire import PATIENCE, Json

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(claim: Callable[[], bool], what: str) -> None:
    """Return as soon as `claim` holds; fail when it does not within the one generous bound."""
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.005)


@contextlib.contextmanager
def serving(app: App, *, uds: Path | None = None, port: int = 0) -> Generator[None]:
    """Run `app` by uvicorn in a thread of its own, on a unix socket or a loopback port."""
    if uds is not None:
        uds.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    where: Json = {"uds": str(uds)} if uds else {"host": "127.0.0.1", "port": port}
    server = uvicorn.Server(uvicorn.Config(app, **where, lifespan="off", ws="none", log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, f"server on {where}")
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE)


async def answer(send: Send, body: Json, status: int = 200) -> None:
    raw = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


@dataclass
class Echo:
    """A server that answers what it saw; `requests` counts what reached it. It is ready while `ready` is."""

    name: str
    ready: bool = True
    requests: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)
    """Ends the streams that are open."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/health/ready":
            return await answer(send, {}, 200 if self.ready else 503)
        self.requests += 1
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        headers: dict[str, list[str]] = {}
        for key, value in scope["headers"]:
            headers.setdefault(key.decode(), []).append(value.decode())
        if "x-test-stream" in headers:
            return await self._stream(send)
        seen = {"echo": self.name, "path": scope["path"], "headers": headers, "bytes": len(body)}
        return await answer(send, seen)

    async def _stream(self, send: Send) -> None:
        """One event, then silence until the test lets go, then the last one."""
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: first\n\n", "more_body": True})
        await asyncio.to_thread(self.let_go.wait, PATIENCE)
        await send({"type": "http.response.body", "body": b"data: last\n\n"})


PEOPLE: dict[str, Json] = {
    "ana": {"groups": ["data-engineering"], "business_groups": ["finance"], "roles": ["analyst"]},
    "bo": {"groups": ["support"], "business_groups": ["support"]},
    "carl": {"groups": ["vendor-acme"], "employment": "contractor"},
    "olu": {"groups": ["platform"], "business_groups": ["finance"], "roles": ["operator"]},
}


class Issuer:
    """An identity provider reduced to its key set: it signs whatever a test asks for."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.keys = {"dev-one": rsa.generate_private_key(65537, 2048)}
        self.published = ["dev-one"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, {"keys": [self.public(kid) for kid in self.published]})

    def public(self, kid: str) -> Json:
        numbers: Json = RSAAlgorithm.to_jwk(self.keys[kid].public_key(), as_dict=True)
        return numbers | {"kid": kid, "use": "sig", "alg": "RS256"}

    def claims(self, login: str = "ana", *, lifetime: int = 600, age: int = 0, **claims: Any) -> Json:
        """What a token of `login` says; a claim given as None is left out."""
        issued = int(time.time()) - age
        whole: Json = {
            **{"iss": self.url, "aud": "seedbed", "sub": login, "azp": "seedbed-cli", "jti": f"{login}-{issued}"},
            **{"iat": issued, "exp": issued + lifetime, "employment": "employee"},
            **{"groups": [], "business_groups": [], "roles": []},
            **PEOPLE.get(login, {}),
            **claims,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def token(self, login: str = "ana", *, kid: str = "dev-one", **claims: Any) -> str:
        header = {"kid": kid, "typ": "at+jwt"}
        return jwt.encode(self.claims(login, **claims), self.keys[kid], "RS256", headers=header)


class Desk:
    """The registry's stream of signed policies: what stands on the desk, and every change as it happens."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self._signed: dict[str, Json] = {}
        self._news: list[Json] = []

    def pinned(self) -> str:
        """The file of keys that the gateway is told to obey."""
        return json.dumps({"dev-1": base64.b64encode(self.key.public_key().public_bytes_raw()).decode()})

    def sign(self, artefact: PolicyArtefact) -> Json:
        return sign(artefact, key="dev-1", private=self.key).model_dump(mode="json")

    def put(self, artefact: PolicyArtefact) -> None:
        self._signed[artefact.server] = self.sign(artefact)
        self.send({"kind": "policy", "signed": self._signed[artefact.server]})

    def withdraw(self, server: str) -> None:
        del self._signed[server]
        self.send({"kind": "withdrawn", "server": server})

    def send(self, line: Json) -> None:
        self._news.append(line)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = len(self._news)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for signed in list(self._signed.values()):
            await _line(send, {"kind": "policy", "signed": signed})
        await _line(send, {"kind": "current"})
        gone = asyncio.ensure_future(_disconnected(receive))
        while not gone.done():
            for line in self._news[seen:]:
                seen += 1
                await _line(send, line)
            await asyncio.sleep(0.002)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _line(send: Send, line: Json) -> None:
    await send({"type": "http.response.body", "body": json.dumps(line).encode() + b"\n", "more_body": True})
