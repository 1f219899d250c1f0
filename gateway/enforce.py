"""The loop that makes Envoy obey: whenever a policy changes or runs out, compile, install, believe the counters."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from gateway.compile.bundle import Bundle
from gateway.install import Installer, Rejected
from gateway.validate import Unfit
from platform_core.policy.artefact import PolicyArtefact

Policies = Mapping[str, PolicyArtefact]

BETWEEN_WRITES = 0.2
"""Seconds between two writes: what changes meanwhile goes together."""
RETRY = 15.0
"""Seconds after which what could not be put in force is tried again."""

log = logging.getLogger(__name__)


class Compile(Protocol):
    """Policies in, configuration out."""

    def __call__(self, artefacts: Policies, *, now: float) -> Bundle: ...


class Enforcement:
    """What is wanted and what is in force.

    A policy that Envoy does not take never holds up the others: its server stays under its last good one.
    """

    def __init__(self, *, wanted: Callable[[], Policies], compile: Compile, installer: Installer) -> None:
        self._wanted, self._compile, self._installer = wanted, compile, installer
        self._changed = asyncio.Event()
        self._try_again = False
        self._as_of = 0.0
        """The moment that what is in force was compiled for."""
        self.in_force: Policies = {}

    def change(self) -> None:
        """Say that what is wanted may have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Follow what is wanted for ever."""
        while True:
            await self._next_change()
            self._changed.clear()
            await self.update()
            await asyncio.sleep(BETWEEN_WRITES)

    async def update(self) -> None:
        """Put in force what is wanted now, or as much of it as Envoy takes."""
        wanted = dict(self._wanted())
        self._try_again = not await self._install(wanted)
        if self._try_again:
            await self._install_one_by_one(wanted)

    async def _next_change(self) -> None:
        ends = [artefact.not_after for artefact in self.in_force.values() if artefact.not_after > self._as_of]
        waits = [*(end - time.time() for end in ends), *([RETRY] if self._try_again else [])]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), min(waits, default=None))

    async def _install_one_by_one(self, wanted: Policies) -> None:
        for server in sorted(wanted.keys() | self.in_force.keys()):
            candidate = {name: kept for name, kept in self.in_force.items() if name != server}
            if server in wanted:
                candidate[server] = wanted[server]
            if candidate != self.in_force:
                await self._install(candidate)

    async def _install(self, wanted: Policies) -> bool:
        try:
            now = time.time()
            await asyncio.to_thread(self._installer.install, self._compile(wanted, now=now))
        except (Unfit, Rejected, OSError) as error:
            log.error("not in force: %s: %s", _versions(wanted), error)
            return False
        self.in_force, self._as_of = wanted, now
        log.info("in force: %s", _versions(wanted))
        return True


def _versions(policies: Policies) -> str:
    return ", ".join(f"{name} version {policies[name].version}" for name in sorted(policies)) or "nothing is open"
