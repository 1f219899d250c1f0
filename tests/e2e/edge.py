"""A way in, as clients see it: people's tokens, requests byte for byte, and the real MCP client in both eras."""

import json
import re
import secrets
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Literal

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from deploy.local.identity.robot import sign_in
from deploy.local.stack.home import Home
from platform_core.auth.clients import Environment
from tests.deploy.local.identity.forge import Forge
from tests.deploy.local.identity.program import Program
from tests.e2e.waiting import NO_TLS, PATIENCE
from tests.gateway.wire import CURRENT, Header, Json, message, mirrored

FRESH = 600
"""Seconds for which a token of 15 minutes is used again."""
Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")
"""How the real client speaks: 2026-07-28 first, or 2025-11-25."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer: its body read as JSON where it is, and the trace under which it was asked for."""

    status: int
    headers: Mapping[str, str]
    body: Any
    trace: str

    @property
    def result(self) -> Json:
        """The result of an MCP request."""
        return dict(self.body["result"])


class Edge:
    """Everything that can be asked from outside, through one door of one environment."""

    def __init__(
        self, home: Home, environment: Environment = "production", *, client_id: str = "seedbed-cli",
        base: str | None = None, tls: ssl.SSLContext = NO_TLS,
    ) -> None:  # fmt: skip
        self.base, self.issuer = base or home.edge(environment), home.issuer
        self._keys, self._client_id, self._tls = home.identity, client_id, tls
        self._tokens: dict[str, tuple[str, float]] = {}
        self._http = self._connection()

    def close(self) -> None:
        self._http.close()

    def token(self, login: str) -> str:
        """An access token of a person who signed in through this door's client; one serves for a while."""
        token, taken = self._tokens.get(login, ("", 0.0))
        if time.monotonic() - taken > FRESH or not token:
            token = self.fresh_token(login)
            self._tokens[login] = token, time.monotonic()
        return token

    def forget_tokens(self) -> None:
        """Have everybody log in again."""
        self._tokens.clear()

    def fresh_token(self, login: str) -> str:
        return Program.of(self._client_id, issuer=self.issuer, state=self._keys).person_token(login)

    @property
    def forge(self) -> Forge:
        """A forger who holds the provider's own key."""
        return Forge(self._keys, self.issuer)

    def bearer(self, login: str) -> Header:
        return ("authorization", f"Bearer {self.token(login)}")

    def ask(self, method: str, path: str, *headers: Header, who: str | None = None, content: bytes = b"") -> Reply:
        """Any request. Headers may come twice, and a `host` replaces the right one."""
        trace = secrets.token_hex(16)
        proof = [self.bearer(who)] if who else []
        every = [*headers, *proof, ("traceparent", f"00-{trace}-{secrets.token_hex(8)}-01")]
        answer = self._http.request(method, path, headers=every, content=content)
        return Reply(status=answer.status_code, headers=dict(answer.headers), body=_body(answer), trace=trace)

    def say(
        self, sent: Json, *headers: Header, who: str | None = "ana", server: str = "presto", era: str = CURRENT,
        name: str | None = None,
    ) -> Reply:  # fmt: skip
        """One MCP message as a person; `name` lies in the mirrored headers."""
        every = (*mirrored(sent, era=era, name=name), *headers)
        return self.ask("POST", f"/mcp/{server}", *every, who=who, content=json.dumps(sent).encode())

    def call(
        self, tool: str, arguments: Json, *headers: Header, era: str = CURRENT, server: str = "presto", **how: Any
    ) -> Reply:
        """Call a tool without any client's help."""
        return self.say(
            message("tools/call", tool, era=era, arguments=arguments), *headers, era=era, server=server, **how
        )

    def greet(self, word: str, *headers: Header, **how: Any) -> Reply:
        """Call the seed server: the smallest call there is. The word finds its record again."""
        return self.call("greet", {"word": word}, *headers, server="seed", **how)

    def opens(self, who: str, server: str) -> bool:
        """Whether a person can open a server now; nothing of it is recorded."""
        try:
            return self.say(message("tools/list"), who=who, server=server).status == 200
        except httpx2.TransportError:
            return False

    def client(self, login: str) -> httpx2.Client:
        """A connection of one's own, as a person."""
        return self._connection(self.bearer(login))

    def page(self, login: str, path: str) -> str:
        """What a person reads on one of the registry's pages, signed in by the provider's own page."""
        with httpx2.Client(timeout=PATIENCE, verify=NO_TLS, trust_env=False) as browser:
            page = sign_in(browser, f"{self.base}{path}", login)
        assert page.status_code == 200, page.text
        return unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text).split()))

    def past_the_proxy(self, socket: Path, *headers: Header, era: str = CURRENT) -> Reply:
        """Greet over a server's own socket, as whoever got that far."""
        sent = message("tools/call", "greet", era=era, arguments={"word": "straight"})
        transport = httpx2.HTTPTransport(uds=str(socket), verify=NO_TLS)
        with httpx2.Client(transport=transport, base_url=self.base, timeout=PATIENCE) as server:
            answer = server.post("/mcp", headers=[*mirrored(sent, era=era), *headers], content=json.dumps(sent))
        return Reply(status=answer.status_code, headers=dict(answer.headers), body=_body(answer), trace="")

    @asynccontextmanager
    async def connect(
        self, who: str, server: str = "presto", *, era: Era = "auto", trace: str = "", **more: Any
    ) -> AsyncGenerator[Client]:
        """The real client, as a person, with our own bearer token; `trace` is that of all its requests.

        More keywords go to `mcp.Client`, as `elicitation_callback`.
        """
        headers = dict([self.bearer(who)])
        if trace:
            headers["traceparent"] = f"00-{trace}-{secrets.token_hex(8)}-01"
        async with (
            httpx2.AsyncClient(headers=headers, timeout=PATIENCE, verify=self._tls, trust_env=False) as http,
            Client(streamable_http_client(f"{self.base}/mcp/{server}", http_client=http), mode=era, **more) as client,
        ):
            yield client

    def _connection(self, *headers: Header) -> httpx2.Client:
        return httpx2.Client(
            base_url=self.base, headers=dict(headers), timeout=PATIENCE, verify=self._tls, trust_env=False
        )


def _body(answer: httpx2.Response) -> Any:
    text = answer.text
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        text = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")][-1]
    try:
        return json.loads(text)
    except ValueError:
        return text
