"""A whole stage: the gateway as a process, its Envoy, and the programs around them."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.admin import Admin
from gateway.truth import is_serving
from tests.gateway.artefacts import artefact, open_to_all
from tests.gateway.programs import Desk, Echo, Issuer, eventually, free_port, serving
from tests.gateway.wire import (
    CURRENT,
    PATIENCE,
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

SERVERS = ("seed", "open", "changing", "sampled", "wavering")
"""Each test that changes a policy or a server has one of its own."""


@dataclass(kw_only=True)
class Stage:
    """One running gateway and everybody around it."""

    folder: Path
    port: int
    issuer: Issuer
    desk: Desk
    desk_open: ExitStack
    """Close it, and the registry is down."""
    issuer_open: ExitStack
    """Close it, and the identity provider is down."""
    gateway_open: ExitStack
    """Close it, and the gateway ends politely."""
    process: "subprocess.Popen[bytes] | None" = None
    """The gateway."""
    servers: dict[str, Echo]
    registry: Echo
    admin: Admin

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def xds(self) -> Path:
        return self.folder / "run/envoy/xds"

    def start_gateway(self) -> None:
        """Start the gateway and wait until calls pass."""
        self.process = self.gateway_open.enter_context(
            gateway(self.folder, settings(self.folder, self.port, self.issuer))
        )
        eventually(lambda: is_serving(self.admin.path), "Envoy serves")
        eventually(lambda: self.call("greet", server="open", who="carl").status == 200, "a call passes")
        eventually(lambda: self.call("find").status == 200, "a call passes")

    def ask(self, method: str, path: str, *headers: Header, body: bytes = b"", host: str | None = None) -> Reply:
        """Any request, byte for byte."""
        return exchange(self.port, request(method, path, host or f"127.0.0.1:{self.port}", headers, body))

    def bearer(self, login: str = "ana", **claims: Any) -> Header:
        return ("authorization", f"Bearer {self.issuer.token(login, **claims)}")

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
        with connect(self.port) as wire:
            target = f"/mcp/{server}"
            wire.sendall(request("POST", target, f"127.0.0.1:{self.port}", headers, json.dumps(sent).encode()))
            assert b"first" in read_until(wire, b"first")
            yield wire


@contextlib.contextmanager
def staged(folder: Path) -> Generator[Stage]:
    """Start everything, wait until calls pass, and end it all."""
    port, issuer, desk = free_port(), Issuer(free_port()), Desk()
    servers, registry = {name: Echo(name) for name in SERVERS}, Echo("registry")
    (folder / "keys.json").write_text(desk.pinned())
    desk.put(artefact())
    desk.put(open_to_all())
    with ExitStack() as around, ExitStack() as desk_open, ExitStack() as issuer_open, ExitStack() as gateway_open:
        issuer_open.enter_context(serving(issuer, port=issuer.port))
        around.enter_context(serving(registry, uds=folder / "run/registry/public.sock"))
        for name, server in servers.items():
            around.enter_context(serving(server, uds=folder / f"run/production/{name}/server.sock"))
        desk_open.enter_context(serving(desk, uds=folder / "run/platform/registry.sock"))
        running = Stage(
            folder=folder, port=port, issuer=issuer, desk=desk, servers=servers, registry=registry,
            admin=Admin(folder / "run/envoy/admin.sock"),
            desk_open=desk_open, issuer_open=issuer_open, gateway_open=gateway_open,
        )  # fmt: skip
        running.start_gateway()
        yield running


@contextlib.contextmanager
def gateway(folder: Path, settings: dict[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """The gateway as `seedbed up` starts it."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    command = [sys.executable, "-m", "gateway"]
    with open(folder / "gateway.log", "ab") as log:
        process = subprocess.Popen(command, env=others | settings, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def settings(folder: Path, port: int, issuer: Issuer) -> dict[str, str]:
    return {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": f"http://127.0.0.1:{port}",
        "SEEDBED_PLATFORM_RUN": str(folder / "run"),
        "SEEDBED_PLATFORM_STATE": str(folder / "state"),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(folder / "run/platform/registry.sock"),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(folder / "keys.json"),
        "SEEDBED_AUTH_ISSUER": issuer.url,
        "SEEDBED_AUTH_JWKS_URL": f"{issuer.url}/jwks",
        "SEEDBED_AUTH_JWKS_SECONDS": "1",
        "SEEDBED_GATEWAY_EDGE_PORT": str(port),
        "SEEDBED_GATEWAY_RUN_ENVOY": "true",
        "SEEDBED_GATEWAY_HEALTH_SECONDS": "0.5",
        "SEEDBED_GATEWAY_CALLS_PER_SECOND": "2000",
        "SEEDBED_GATEWAY_BURST": "5000",
    }
