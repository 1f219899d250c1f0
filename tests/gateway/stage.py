"""A whole stage: the gateway and its Envoy as processes, two environments, and the programs around them."""

import contextlib
import json
import os
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
from tests.gateway.authority import TRUST_DOMAIN, Authority, WorkloadSocket
from tests.gateway.desk import Desk
from tests.gateway.entry import Entry
from tests.gateway.issuing import Issuer
from tests.gateway.programs import Echo, eventually, free_port, serving
from tests.gateway.wire import PATIENCE, Json

SERVERS = ("seed", "open", "changing", "sampled", "wavering", "chatty", "nightly", "closing")
"""Each test that changes a policy or a server has one of its own."""
DOORS = ("production-edge", "production-mesh", "dev-edge", "dev-mesh")


@dataclass(kw_only=True)
class Stage(Entry):
    """One running gateway and everybody around it. The stage itself is the way in by the edge of production."""

    folder: Path
    ports: dict[str, int]
    """By listener."""
    desk: Desk
    authority: Authority
    workloads: WorkloadSocket
    desk_open: ExitStack
    """Close it, and the registry is down."""
    issuer_open: ExitStack
    """Close it, and the identity provider is down."""
    envoy_open: ExitStack
    """Close it, and Envoy ends politely."""
    gateway_open: ExitStack
    """Close it, and the gateway ends politely."""
    process: "subprocess.Popen[bytes] | None" = None
    """The gateway."""
    envoy: "subprocess.Popen[bytes] | None" = None
    """What keeps Envoy alive."""
    servers: dict[str, Echo]
    registry: Echo
    admin: Admin
    more: dict[str, str]
    """Settings that this stage has beside the usual ones."""

    @property
    def xds(self) -> Path:
        return self.folder / "run/envoy/xds"

    def edge(self, environment: str = "production") -> Entry:
        """People's own clients."""
        client = "seedbed-cli-dev" if environment == "dev" else "seedbed-cli"
        return Entry(port=self.ports[f"{environment}-edge"], issuer=self.issuer, client=client)

    def mesh(self, *paths: str, environment: str = "production", client: str = "", **how: Any) -> Entry:
        """A workload with a certificate for these paths of the trust domain."""
        tls = self.authority.caller(*(f"spiffe://{TRUST_DOMAIN}{path}" for path in paths), **how)
        return self.shown(tls, environment=environment, client=client)

    def shown(self, tls: Any, *, environment: str = "production", client: str = "seedbed-web-chat") -> Entry:
        """Whoever has this certificate."""
        return Entry(port=self.ports[f"{environment}-mesh"], issuer=self.issuer, client=client, tls=tls)

    def web_chat(self, environment: str = "production") -> Entry:
        return self.mesh(f"/{environment}/web-chat", environment=environment, client=_client("web-chat", environment))

    def chat_bot(self, environment: str = "production") -> Entry:
        return self.mesh(f"/{environment}/chat-bot", environment=environment, client=_client("chat-bot", environment))

    def open_desk(self) -> None:
        """The registry is up, until `desk_open` closes."""
        self.desk_open.enter_context(serving(self.desk, uds=self.folder / "run/platform/registry.sock"))

    def by(self, door: str) -> Entry:
        """A person at this door: by their own client, or carried by the chat."""
        environment, _, side = door.partition("-")
        return self.edge(environment) if side == "edge" else self.web_chat(environment)

    def start_gateway(self) -> None:
        self.process = self.gateway_open.enter_context(program(self.folder, "serve", self.settings))

    def start_envoy(self) -> None:
        self.envoy = self.envoy_open.enter_context(program(self.folder, "envoy", self.settings))

    def await_calls(self) -> None:
        """Wait until calls pass by every door."""
        eventually(lambda: is_serving(self.admin.path, len(DOORS)), "Envoy serves")
        eventually(lambda: self.call("greet", server="open", who="carl").status == 200, "a call passes")
        eventually(lambda: self.call("find").status == 200, "a call passes")
        eventually(lambda: self.web_chat("dev").call("find").status == 200, "a call passes")

    @property
    def settings(self) -> dict[str, str]:
        return settings(self.folder, self.ports, self.issuer) | self.more


def _client(surface: str, environment: str) -> str:
    return f"seedbed-{surface}{'-dev' if environment == 'dev' else ''}"


@contextlib.contextmanager
def staged(folder: Path, **more: str) -> Generator[Stage]:
    """Start everything, wait until calls pass, and end it all."""
    ports, issuer, desk = {door: free_port() for door in DOORS}, Issuer(free_port()), Desk()
    servers, registry, authority = {name: Echo(name) for name in SERVERS}, Echo("registry"), Authority()
    (folder / "keys.json").write_text(desk.pinned())
    for environment in ("production", "dev"):
        desk.put(artefact(environment=environment, reach={"surfaces": ["cli", "web-chat", "chat-bot"]}))
    desk.put(open_to_all())
    with ExitStack() as around, ExitStack() as desk_open, ExitStack() as issuer_open, ExitStack() as envoy_open:
        gateway_open = around.enter_context(ExitStack())
        issuer_open.enter_context(serving(issuer, port=issuer.port))
        around.enter_context(serving(registry, uds=folder / "run/registry/public.sock"))
        for name, server in servers.items():
            around.enter_context(serving(server, uds=folder / f"run/production/{name}/server.sock"))
        around.enter_context(serving(servers["seed"], uds=folder / "run/dev/seed/server.sock"))
        workloads = around.enter_context(contextlib.closing(WorkloadSocket(folder / "run/workload.sock", authority)))
        running = Stage(
            folder=folder, port=ports["production-edge"], ports=ports, issuer=issuer, desk=desk, servers=servers,
            registry=registry, authority=authority, workloads=workloads, admin=Admin(folder / "run/envoy/admin.sock"),
            desk_open=desk_open, issuer_open=issuer_open, gateway_open=gateway_open, envoy_open=envoy_open, more=more,
        )  # fmt: skip
        running.open_desk()
        running.start_gateway()
        running.start_envoy()
        running.await_calls()
        yield running


@contextlib.contextmanager
def program(folder: Path, what: str, settings: dict[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """A part of the gateway as `seedbed up` starts it."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    command = [sys.executable, "-m", "gateway", what]
    with open(folder / "gateway.log", "ab") as log:
        process = subprocess.Popen(command, env=others | settings, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def settings(folder: Path, ports: dict[str, int], issuer: Issuer) -> dict[str, str]:
    environments: dict[str, Json] = {
        environment: {
            "base": f"http://127.0.0.1:{ports[f'{environment}-edge']}",
            "edge_port": ports[f"{environment}-edge"],
            "mesh_port": ports[f"{environment}-mesh"],
        }
        for environment in ("production", "dev")
    }
    return {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": environments["production"]["base"],
        "SEEDBED_PLATFORM_RUN": str(folder / "run"),
        "SEEDBED_PLATFORM_STATE": str(folder / "state"),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(folder / "run/platform/registry.sock"),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(folder / "keys.json"),
        "SEEDBED_AUTH_ISSUER": issuer.url,
        "SEEDBED_AUTH_JWKS_URL": f"{issuer.url}/jwks",
        "SEEDBED_AUTH_JWKS_SECONDS": "1",
        "SEEDBED_GATEWAY_ENVIRONMENTS": json.dumps(environments),
        "SEEDBED_GATEWAY_WORKLOAD_SOCKET": str(folder / "run/workload.sock"),
        "SEEDBED_GATEWAY_HEALTH_SECONDS": "0.5",
        "SEEDBED_GATEWAY_CALLS_PER_SECOND": "2000",
        "SEEDBED_GATEWAY_BURST": "5000",
    }
