"""What is obeyed, as it arrives: pushed by the registry, judged here, the last good kept on disk."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from types import MappingProxyType
from typing import Any

from platform_core.auth.clients import Environment
from platform_core.auth.settings import PlatformSettings
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.keys import PinnedKeys, read_pinned_keys
from platform_core.policy.lease import LeaseClock
from platform_core.policy.obeyed import Accept, Obeyed, anything
from platform_core.policy.shelf import Shelf
from platform_core.policy.standing import Standing
from platform_core.policy.stream import lines
from platform_core.policy.suspended import Suspended

LOOK_EVERY = 0.5
"""Seconds between two looks at the lease and at the folder of suspensions."""

log = logging.getLogger(__name__)


class Follower:
    """Follows the policies of one environment, of one server or of all, and what stands above them.

    When the registry is down, the last good ones stay, on lease.
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
        accept: Accept = anything,
    ) -> None:
        self._registry, self._environment, self._server, self.lease = registry, environment, server, lease
        shelf, kept = Shelf(state / "policies" / environment), state / "suspensions" / f"{environment}.json"
        self._obeyed = Obeyed(environment=environment, keys=keys, shelf=shelf, server=server, accept=accept)
        self._suspended = Suspended(environment=environment, keys=keys, kept=kept, folder=suspensions)
        self._listeners: list[Callable[[], None]] = []
        self._ready = asyncio.Event()
        self._standing = Standing(self._suspended.current, lease.state)
        if self._obeyed.current:
            self._ready.set()

    @classmethod
    def of(
        cls,
        platform: PlatformSettings,
        environment: Environment,
        *,
        state: Path,
        server: str | None = None,
        accept: Accept = anything,
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
        return MappingProxyType(self._obeyed.current)

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
        async with asyncio.TaskGroup() as both, aclosing(lines(self._registry, query)) as said:
            both.create_task(self._look_up())
            async for line in said:
                self.lease.heard()
                if self._take(line):
                    self._ready.set()
                    self._tell()
                self._stand()

    async def _look_up(self) -> None:
        while True:
            self._suspended.look()
            self._stand()
            await asyncio.sleep(LOOK_EVERY)

    def _take(self, line: Any) -> bool:
        """Do what the registry says; return whether that changed the policies in force."""
        match line:
            case {"kind": "opened"}:
                self._obeyed.snapshot_begins()
            case {"kind": "policy", "signed": signed}:
                return self._obeyed.offer(signed)
            case {"kind": "suspensions", "signed": signed}:
                self._suspended.offer(signed)
            case {"kind": "withdrawn", "server": str(server)}:
                return self._obeyed.withdraw(server)
            case {"kind": "current"}:
                self._ready.set()
                return self._obeyed.snapshot_ends()
            case _:
                pass
        return False

    def _stand(self) -> None:
        """Make known what stands above the policies, where that has changed."""
        standing = Standing(self._suspended.current, self.lease.state)
        if standing == self._standing:
            return
        if standing.lease != self._standing.lease:
            log.warning("the registry was last heard %.0f s ago: the lease is %s", self.lease.age, standing.lease)
        self._standing = standing
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
