"""A hosted server put together: keys and policy followed, records shipped, one socket served."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings
from pydantic import Field

from platform_core.adapter import session_managers
from platform_core.approval.opening import hosted_desk
from platform_core.auth.jwks import JwksFollower
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.auth.tokens import Verifier
from platform_core.endpoint import Endpoint
from platform_core.errors import WiringError
from platform_core.hosted import check_stack
from platform_core.hosting import bind, serve
from platform_core.layer import Layer
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.follow import Follower
from platform_core.policy.keys import read_pinned_keys
from platform_core.policy.standing import Standing
from platform_core.recording import Recorder
from platform_core.server import Server
from platform_core.settings import Settings, settings_of
from platform_core.telemetry.ship import Shipper
from platform_core.telemetry.spool import SEGMENT_BYTES, Spool

log = logging.getLogger(__name__)


class ServerSettings(Settings, part="server"):
    """How one server process runs."""

    peers: frozenset[int] = frozenset()
    """Accounts (uid) that may connect beside this process's own: the proxy's."""
    drain_seconds: float = Field(default=5.0, ge=0)
    """Time between the health check's no and the end, so that the proxy looks away first."""
    start_seconds: float = Field(default=30.0, gt=0)
    """How long to wait for the first policy and key set before giving up."""
    spool_bytes: int = Field(default=64 * SEGMENT_BYTES, ge=2 * SEGMENT_BYTES)
    """Most bytes of records that wait for the registry; one file is being written while another is shipped."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The policy of one server, out of what is followed."""

    follower: Follower
    server: str

    @property
    def policy(self) -> PolicyArtefact | None:
        return self.follower.current.get(self.server)

    @property
    def standing(self) -> Standing:
        return self.follower.standing


@dataclass(frozen=True, slots=True)
class Fits:
    """Accepts policies that were reviewed for exactly this tool contract."""

    digest: str

    def __call__(self, artefact: PolicyArtefact) -> str | None:
        reviewed, promised = artefact.contract_digest, self.digest
        if reviewed == promised:
            return None
        return f"it was reviewed for the contract {reviewed[:19]}, and this code promises {promised[:19]}"


def socket_of(run: Path, environment: str, server: str) -> Path:
    """Where the proxy finds a server: derived, never an author's text."""
    return run / environment / server / "server.sock"


class Process:
    """One hosted server process."""

    def __init__(self, server: Server) -> None:
        self._platform, auth, self._own = PlatformSettings.load(), AuthSettings.load(), ServerSettings.load()
        check_stack(auth=auth, keys=read_pinned_keys(self._platform.policy_keys_file).closing)
        for part in settings_of(server.package):
            part.load()  # a fault of its own settings ends the start, not the first call
        self._server, contract, name = server, server.contract(), server.manifest.name
        self._jwks = JwksFollower(auth.jwks_url, every=auth.jwks_seconds)
        self._follower = Follower.of(
            self._platform, self._platform.environment, state=self._state, server=name, accept=Fits(contract.digest)
        )
        self._spool = Spool(self._state / "spool", limit=self._own.spool_bytes)
        recorder = Recorder(
            manifest=server.manifest,
            contract=contract,
            version=server.version,
            environment=self._platform.environment,
            spool=self._spool,
        )
        self._layer = Layer(contract=contract, in_force=Followed(self._follower, name), recorder=recorder)
        self._layer.metrics.records_lost.set_function(lambda: self._spool.lost)
        self._layer.metrics.lease_age.set_function(lambda: self._follower.lease.age)
        self._desk = hosted_desk(server.manifest, contract, self._platform) if server.asks else None
        """Where people are asked; a server whose tools ask nobody touches no approval."""
        self._endpoint = self._border(auth)

    @property
    def _state(self) -> Path:
        return self._platform.state / self._platform.environment / self._server.manifest.name

    def _border(self, auth: AuthSettings) -> Endpoint:
        manifest, base = self._server.manifest, self._platform.base
        self._short, self._long = session_managers(self._server.compose(self._layer, self._desk), host_security(base))
        return Endpoint(
            server=manifest.name,
            how_to_ask=manifest.how_to_ask,
            metadata_url=f"{base}/.well-known/oauth-protected-resource/mcp/{manifest.name}",
            verifier=Verifier.of(self._jwks, auth, self._platform.environment),
            layer=self._layer,
            short=self._short.asgi_app,
            long=self._long.asgi_app,
            long_tools=self._server.long_tools,
            while_running=self._while_running,
        )

    @asynccontextmanager
    async def _while_running(self) -> AsyncGenerator[None]:
        shipper = Shipper(self._spool, self._platform.registry_socket)
        self._follower.on_change(self._show_version)
        self._follower.on_change(self._layer.judge_again)
        followers = [asyncio.create_task(part.run()) for part in (self._jwks, self._follower, shipper)]
        try:
            await self._first_facts()
            async with self._short.run(), self._long.run():
                yield
        finally:
            for task in followers:
                task.cancel()
            await asyncio.gather(*followers, return_exceptions=True)
            if self._desk:
                await self._desk.store.close()
            self._spool.close()

    async def _first_facts(self) -> None:
        name = self._server.manifest.name
        try:
            async with asyncio.timeout(self._own.start_seconds):
                await self._follower.wait_ready()
                await self._jwks.wait_ready()
        except TimeoutError:
            raise WiringError(f"{name} got no policy or no key set within {self._own.start_seconds:g} s") from None
        if name not in self._follower.current:
            raise WiringError(
                f"there is no policy that {name} may obey: it is not live here, or the log above says why"
            )
        self._show_version()

    def _show_version(self) -> None:
        policy = self._follower.current.get(self._server.manifest.name)
        self._layer.metrics.policy_version.set(policy.version if policy else 0)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        peers = self._own.peers | {os.getuid()}
        # Before a record is written: of two processes of one server only one has the socket, and the spool with it.
        listener = bind(socket_of(self._platform.run, self._platform.environment, self._server.manifest.name))
        await serve(self._endpoint, listener, peers=peers, drain=self._own.drain_seconds, leaving=self._endpoint.leave)


def host_security(base: str) -> TransportSecuritySettings:
    """Host and Origin of the environment and nothing else, whatever the proxy let through."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    return TransportSecuritySettings(
        allowed_hosts=[host, f"{host}:*"], allowed_origins=[f"{parts.scheme}://{parts.netloc}"]
    )


def run_hosted(server: Server) -> None:
    """Run `server` as a hosted process of the environment that the settings name."""
    asyncio.run(Process(server).run())
