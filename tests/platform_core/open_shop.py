"""The shop behind its real border, on a real unix socket: everything but the proxy and the registry."""

import asyncio
import json
import os
import ssl
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from platform_core.adapter import session_managers
from platform_core.auth.jwks import JwksFollower
from platform_core.auth.tokens import Verifier
from platform_core.endpoint import Endpoint
from platform_core.hosting import PeerChecked
from platform_core.layer import Layer
from platform_core.policy.standing import CALM, Standing
from platform_core.recording import Recorder
from platform_core.running import host_security
from platform_core.telemetry.record import Entry
from platform_core.testing import Kept
from tests.platform_core.issuer import AUDIENCE, ISSUER, key_set, rsa_key, token
from tests.platform_core.plain_http import Answer, Headers, sent
from tests.platform_core.policies import suspended
from tests.platform_core.serving import PATIENCE, serving
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.server import server
from tests.platform_core.shop.wish import the_wish
from tests.platform_core.visits import Era

BASE = "http://shop.test"
TLS = ssl.create_default_context()
"""Made once: a client makes a new one for itself, which takes longer than a whole test."""


def as_person(login: str, **changed: object) -> list[tuple[str, str]]:
    """The headers that the proxy sends on for a person: the token, and who it is."""
    return [("authorization", f"Bearer {token(login, **changed)}"), ("x-forwarded-user", login)]


def message(method: str, params: dict[str, Any] | None = None, *, era: Era = "auto", number: int = 7) -> dict[str, Any]:
    """A request as an era's client writes it."""
    given = dict(params or {})
    if era == "auto":
        named = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
        given["_meta"] = {**named, "io.modelcontextprotocol/clientCapabilities": {}}
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": given}


def wire(method: str, name: str | None = None, *, era: Era = "auto") -> list[tuple[str, str]]:
    """The headers of a request as an era's client writes them."""
    plain = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
    if era == "legacy":
        return [*plain, ("mcp-protocol-version", "2025-11-25")]
    named = [("mcp-name", name)] if name is not None else []
    return [*plain, ("mcp-protocol-version", "2026-07-28"), ("mcp-method", method), *named]


class Awaited(Kept):
    """Records that another thread may wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def append(self, entry: Entry) -> None:
        with self._changed:
            super().append(entry)
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Return when so many are here."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self) >= count, PATIENCE), f"{len(self)} records"


class OpenShop:
    """The shop, its policy, and what it remembers."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.kept = folder / "shop.sock", Awaited()
        contract, keys = server.contract(), JwksFollower("http://nowhere.test/jwks")
        keys.set.replace(key_set(rsa=rsa_key()))
        recorder = Recorder(
            manifest=server.manifest, contract=contract, version="1", environment="production", spool=self.kept
        )
        self.layer = Layer(contract=contract, in_force=self, recorder=recorder)
        short, long = session_managers(server.compose(self.layer), host_security(BASE))
        self._managers = short, long
        self.endpoint = Endpoint(
            server="shop",
            how_to_ask=server.manifest.how_to_ask,
            metadata_url=f"{BASE}/.well-known/oauth-protected-resource/mcp/shop",
            verifier=Verifier(keys, issuer=ISSUER, audience=AUDIENCE),
            layer=self.layer,
            short=short.asgi_app,
            long=long.asgi_app,
            long_tools=server.long_tools,
            while_running=self._while_running,
        )
        self.start_over()

    def start_over(self) -> None:
        """Forget every call, and obey the shop's own wish again."""
        self.policy, self.standing = the_wish(), CALM
        self.kept.clear()
        diary.start_over()

    def suspend(self, *what: dict[str, str]) -> None:
        """Close these things and tell the layer, as the follower does."""
        self.standing = Standing(suspended(*what))
        self._loop.call_soon_threadsafe(self.layer.judge_again)

    def close_tool(self, tool: str) -> None:
        """Put a policy in force that holds for nobody before `tool`."""
        rules = self.policy.model_dump(by_alias=True)["tools"]
        self.policy = the_wish(tools=rules | {tool: rules[tool] | {"policy": "nobody"}})

    def wait_for_records(self, count: int) -> None:
        """Return when so many records are written."""
        self.kept.wait_for(count)

    @asynccontextmanager
    async def _while_running(self) -> AsyncGenerator[None]:
        self._loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            for manager in self._managers:
                await stack.enter_async_context(manager.run())
            yield

    def send(self, method: str, path: str = "/mcp", *, content: bytes | str = b"", headers: Headers = ()) -> Answer:
        """One plain HTTP request to the socket, with exactly these headers."""
        return sent(self.socket, method, path, content=content, headers=headers)

    def post(self, said: object, headers: Headers) -> Answer:
        """Post one message; a text or bytes go as they are."""
        content = said if isinstance(said, bytes | str) else json.dumps(said)
        return self.send("POST", content=content, headers=headers)

    def call(self, who: str, tool: str, arguments: dict[str, Any], *, era: Era = "auto") -> Answer:
        """Call a tool as a person, by hand."""
        said = message("tools/call", {"name": tool, "arguments": arguments}, era=era)
        return self.post(said, [*as_person(who), *wire("tools/call", tool, era=era)])

    @asynccontextmanager
    async def visit(self, who: str, *, era: Era) -> AsyncGenerator[Client]:
        """The real client, over the real socket."""
        transport = httpx2.AsyncHTTPTransport(uds=str(self.socket), verify=TLS)
        async with (
            httpx2.AsyncClient(transport=transport, headers=as_person(who), timeout=PATIENCE) as http,
            Client(streamable_http_client(f"{BASE}/mcp", http_client=http), mode=era) as shop,
        ):
            yield shop


@contextmanager
def open_shop(folder: Path) -> Generator[OpenShop]:
    """The shop, open while the block runs, for this account alone."""
    shop = OpenShop(folder)
    protocol = type("Protocol", (PeerChecked,), {"peers": frozenset({os.getuid()})})
    with serving(shop.endpoint, shop.socket, lifespan="on", http=protocol):
        yield shop


def answer_of(response: Answer) -> dict[str, Any]:
    """The JSON-RPC answer, whether it came as JSON or as the last event of a stream."""
    if response.headers["content-type"].startswith("text/event-stream"):
        events = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
        return json.loads(events[-1])
    return json.loads(response.text)
