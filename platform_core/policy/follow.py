"""What is obeyed, as it arrives: pushed by the registry, verified here, the last good kept on disk."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from platform_core.auth.clients import Environment
from platform_core.auth.settings import PlatformSettings
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.keys import PinnedKeys, read_pinned_keys
from platform_core.policy.lease import LeaseClock
from platform_core.policy.shelf import Shelf
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, verify
from platform_core.policy.standing import Standing
from platform_core.policy.stream import lines
from platform_core.policy.suspended import Suspended

AHEAD = 300
"""Seconds that the signer's clock may be ahead of ours."""
LOOK_EVERY = 0.5
"""Seconds between two looks at the lease and at the folder of suspensions."""

log = logging.getLogger(__name__)


def _anything(_: PolicyArtefact) -> None:
    return None


class Follower:
    """Follows the policies of one environment, of one server or of all, and what stands above them.

    A policy that it takes is signed by a pinned key, of this environment, in force, accepted by `accept` (which returns
    a reason to refuse), and not older than what it has seen. When the registry is down, the last good ones stay, on
    lease.
    """

    def __init__(
        self,
        *,
        registry: Path,
        environment: Environment,
        keys: PinnedKeys,
        state: Path,
        suspensions: Path,
        lease: LeaseClock,
        server: str | None = None,
        accept: Callable[[PolicyArtefact], str | None] = _anything,
    ) -> None:
        self._registry, self._environment, self._keys, self._server = registry, environment, keys, server
        self._accept, self._shelf, self.lease = accept, Shelf(state / "policies" / environment), lease
        kept = state / "suspensions" / f"{environment}.json"
        self._suspended = Suspended(environment=environment, keys=keys, kept=kept, folder=suspensions)
        self._current: dict[str, PolicyArtefact] = {}
        self._seen = self._shelf.versions()
        self._unconfirmed: set[str] | None = None
        """Servers that the snapshot going on has not named yet; None where it is over, or holds what can't be read."""
        self._listeners: list[Callable[[], None]] = []
        self._ready = asyncio.Event()
        self._standing = Standing(self._suspended.current, lease.state)
        self._load()

    @classmethod
    def of(
        cls,
        platform: PlatformSettings,
        environment: Environment,
        *,
        state: Path,
        server: str | None = None,
        accept: Callable[[PolicyArtefact], str | None] = _anything,
    ) -> "Follower":
        """The follower that the settings describe; what it keeps is in `state`."""
        lease = LeaseClock(
            state / "lease" / environment, sensitive=platform.lease_sensitive_seconds, whole=platform.lease_seconds
        )
        keys = read_pinned_keys(platform.policy_keys_file)
        return cls(
            registry=platform.registry_socket, environment=environment, keys=keys, state=state,
            suspensions=platform.suspensions_folder, lease=lease, server=server, accept=accept,
        )  # fmt: skip

    @property
    def current(self) -> Mapping[str, PolicyArtefact]:
        """The policies in force, by server."""
        return MappingProxyType(self._current)

    @property
    def standing(self) -> Standing:
        """What stands above them; the same object until it changes."""
        return self._standing

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change of a policy or of what stands above them."""
        self._listeners.append(listener)

    async def wait_ready(self) -> None:
        """Return when there is something to obey: a policy from disk, or the registry's first whole answer."""
        await self._ready.wait()

    async def run(self) -> None:
        """Follow forever."""
        query = {"environment": self._environment} | ({"server": self._server} if self._server else {})
        async with asyncio.TaskGroup() as both:
            both.create_task(self._look_up())
            async for line in lines(self._registry, query):
                self.lease.heard()
                self._take(line)
                self._stand()

    async def _look_up(self) -> None:
        while True:
            self._suspended.look()
            self._stand()
            await asyncio.sleep(LOOK_EVERY)

    def _stand(self) -> None:
        """Make known what stands above the policies, where that has changed."""
        standing = Standing(self._suspended.current, self.lease.state)
        if standing != self._standing:
            if standing.lease != self._standing.lease:
                log.warning("the registry was last heard %.0f s ago: the lease is %s", self.lease.age, standing.lease)
            self._standing = standing
            self._tell()

    def _take(self, line: Any) -> None:
        match line:
            case {"kind": "opened"}:
                self._unconfirmed = set(self._current)
            case {"kind": "policy", "signed": signed}:
                self._offer(signed)
            case {"kind": "suspensions", "signed": signed}:
                self._suspend(signed)
            case {"kind": "withdrawn", "server": str(server)}:
                self._withdraw(server)
            case {"kind": "current"}:
                self._reconcile()
                self._ready.set()
            case _:
                pass

    def _suspend(self, signed: object) -> None:
        try:
            self._suspended.offer(SignedArtefact.model_validate(signed))
        except ValidationError as error:
            log.error("suspensions from the registry are refused: %s", error)

    def _offer(self, signed: object) -> None:
        named = None
        try:
            envelope = SignedArtefact.model_validate(signed)
            named = verify(envelope, self._keys)
            artefact = self._fitting(named)
        except (ValidationError, UntrustedArtefact) as error:
            log.error("a policy from the registry is refused: %s", error)
            self._confirm(named)
            return
        self._confirm(named)
        if self._current.get(artefact.server) == artefact:
            return
        self._adopt(artefact)
        log.info("policy of %s version %d is in force", artefact.server, artefact.version)
        self._shelf.put(artefact.server, artefact.version, envelope)

    def _confirm(self, named: PolicyArtefact | None) -> None:
        if named is None:
            self._unconfirmed = None
        elif self._unconfirmed:
            self._unconfirmed.discard(named.server)

    def _reconcile(self) -> None:
        """End of a snapshot: what it did not name was withdrawn while nobody listened here."""
        for server in self._unconfirmed or ():
            self._withdraw(server)
        self._unconfirmed = None

    def _fitting(self, artefact: PolicyArtefact) -> PolicyArtefact:
        """Return `artefact` if it may be obeyed here and now, else raise `UntrustedArtefact`."""
        now, before = time.time(), self._current.get(artefact.server)
        if artefact.environment != self._environment:
            raise UntrustedArtefact(f"it is for the environment {artefact.environment}")
        if self._server is not None and artefact.server != self._server:
            raise UntrustedArtefact(f"it is for the server {artefact.server}")
        if artefact.version < self._seen.get(artefact.server, 0):
            raise UntrustedArtefact(f"version {artefact.version} is older than one seen before")
        if before is not None and artefact.version == before.version and artefact != before:
            raise UntrustedArtefact(f"another policy is in force under the same version {artefact.version}")
        if now >= artefact.not_after:
            raise UntrustedArtefact("it has expired")
        if artefact.issued_at > now + AHEAD:
            raise UntrustedArtefact("it was issued in the future: one of two clocks is wrong")
        if (reason := self._accept(artefact)) is not None:
            raise UntrustedArtefact(reason)
        return artefact

    def _adopt(self, artefact: PolicyArtefact) -> None:
        self._seen[artefact.server] = artefact.version
        self._current[artefact.server] = artefact
        self._ready.set()
        self._tell()

    def _withdraw(self, server: str) -> None:
        if self._current.pop(server, None) is not None:
            self._shelf.take_away(server)
            log.info("policy of %s is withdrawn", server)
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _load(self) -> None:
        """Start from disk: what was good once is good still, if it verifies again today."""
        for server, envelope in self._shelf.policies():
            if self._server is not None and server != self._server:
                continue
            try:
                self._adopt(self._fitting(verify(SignedArtefact.model_validate_json(envelope), self._keys)))
            except (ValidationError, UntrustedArtefact) as error:
                log.error("the kept policy of %s is refused: %s", server, error)
