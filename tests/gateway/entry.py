"""One way in: requests byte for byte, and MCP messages of people, through one listener."""

import contextlib
import json
import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from tests.gateway.issuing import Issuer
from tests.gateway.wire import (
    CURRENT,
    Header,
    Json,
    Reply,
    connect,
    exchange,
    message,
    mirrored,
    read_until,
    request,
)


@dataclass(kw_only=True)
class Entry:
    """A caller before one listener."""

    port: int
    issuer: Issuer
    client: str = "seedbed-cli"
    """The OAuth client that its tokens are for."""
    tls: ssl.SSLContext | None = None
    """The certificate that it shows."""

    @property
    def base(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, *headers: Header, body: bytes = b"", host: str | None = None) -> Reply:
        """Any request, byte for byte."""
        sent = request(method, path, host or f"127.0.0.1:{self.port}", headers, body)
        return exchange(self.port, sent, self.tls)

    def token(self, login: str = "ana", **claims: Any) -> str:
        return self.issuer.token(login, **{"azp": self.client} | claims)

    def bearer(self, login: str = "ana", **claims: Any) -> Header:
        return ("authorization", f"Bearer {self.token(login, **claims)}")

    def say(
        self, sent: Json, *headers: Header, who: str | None = "ana", token: str | None = None, server: str = "seed",
        era: str = CURRENT, name: str | None = None,
    ) -> Reply:  # fmt: skip
        """Say one MCP message as a person; `name` lies in the mirrored headers."""
        proof = [("authorization", f"Bearer {token}")] if token else [self.bearer(who)] if who else []
        every = (*mirrored(sent, era=era, name=name), *proof, *headers)
        return self.ask("POST", f"/mcp/{server}", *every, body=json.dumps(sent).encode())

    def call(self, tool: str, *headers: Header, era: str = CURRENT, **how: Any) -> Reply:
        """Call a tool."""
        return self.say(message("tools/call", tool, era=era), *headers, era=era, **how)

    @contextlib.contextmanager
    def stream(self, server: str) -> Generator[socket.socket]:
        """A call that goes on: its first event has arrived, its last one comes when the server lets go."""
        sent = message("tools/list")
        headers = (*mirrored(sent), self.bearer(), ("x-test-stream", "1"))
        with connect(self.port, self.tls) as wire:
            target = f"/mcp/{server}"
            wire.sendall(request("POST", target, f"127.0.0.1:{self.port}", headers, json.dumps(sent).encode()))
            assert b"first" in read_until(wire, b"first")
            yield wire
