"""The loop that makes Envoy obey: whenever something changes or runs out, compile, install, believe the counters."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from gateway.compile.bundle import Bundle, Rulings
from gateway.compile.closed import Ruling
from gateway.install import Installer, Rejected
from gateway.validate import Unfit

BETWEEN_WRITES = 0.05
"""Seconds between two writes: what changes meanwhile goes together."""
RETRY = 15.0
"""Seconds after which what could not be put in force is tried again."""

log = logging.getLogger(__name__)


class Compile(Protocol):
    """Rulings in, configuration out."""

    def __call__(self, rulings: Rulings, *, now: float) -> Bundle: ...


class Enforcement:
    """What is wanted and what is in force.

    A policy that Envoy does not take never holds up the others: its server stays under its last good one.
    """

    def __init__(self, *, wanted: Callable[[], Rulings], compile: Compile, installer: Installer) -> None:
        self._wanted, self._compile, self._installer = wanted, compile, installer
        self._changed = asyncio.Event()
        self._try_again = False
        self._as_of = 0.0
        """The moment that what is in force was compiled for."""
        self.in_force: Rulings = {}

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
        wanted = {place: replace(ruling, policies=dict(ruling.policies)) for place, ruling in self._wanted().items()}
        self._try_again = False
        if not await self._install(wanted):
            self._try_again = True
            await self._install_one_by_one(wanted)

    async def _next_change(self) -> None:
        ends = [end for ruling in self.in_force.values() for end in _ends(ruling) if end > self._as_of]
        waits = [*(end - time.time() for end in ends), *([RETRY] if self._try_again else [])]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), min(waits, default=None))

    async def _install_one_by_one(self, wanted: Rulings) -> None:
        for place, ruling in wanted.items():
            for server in sorted(ruling.policies.keys() | self._in_force(place).policies.keys()):
                candidate = self._with_one(place, ruling, server)
                if candidate != self._in_force(place):
                    await self._install({**self.in_force, place: candidate})

    def _with_one(self, place: str, ruling: Ruling, server: str) -> Ruling:
        """What is in force, under what stands above it now, with the policy of one server as it is wanted."""
        policies = {name: kept for name, kept in self._in_force(place).policies.items() if name != server}
        if server in ruling.policies:
            policies[server] = ruling.policies[server]
        return replace(ruling, policies=policies)

    def _in_force(self, place: str) -> Ruling:
        return self.in_force.get(place, Ruling())

    async def _install(self, wanted: Rulings) -> bool:
        now = time.time()
        try:
            whole = await asyncio.to_thread(lambda: self._installer.install(self._compile(wanted, now=now)))
        except (Unfit, Rejected, OSError) as error:
            log.error("not in force: %s: %s", _versions(wanted), error)
            return False
        changes = _changes(self.in_force, wanted)
        self.in_force, self._as_of = wanted, now
        self._try_again = self._try_again or not whole
        log.info("in force: %s", changes)
        return True


def _ends(ruling: Ruling) -> Iterator[float]:
    """The moments at which something runs out by itself."""
    for artefact in ruling.policies.values():
        yield artefact.not_after
        yield from (service.expires for service in artefact.services)


def _changes(before: Rulings, after: Rulings) -> str:
    """What is different now, in one line; with a thousand servers nobody reads the rest."""
    said: list[str] = []
    for place, ruling in after.items():
        old = before.get(place, Ruling())
        new = {name for name, policy in ruling.policies.items() if old.policies.get(name) is not policy}
        said += [f"{place} {_named(ruling, name)}" for name in sorted(new)]
        said += [f"{place} without {name}" for name in sorted(old.policies.keys() - ruling.policies.keys())]
        said += [f"{place} on a {ruling.standing.lease} lease"] if old.standing.lease != ruling.standing.lease else []
        said += [f"{place} suspensions"] if old.entries != ruling.entries else []
    return ", ".join(said) or "as before"


def _versions(rulings: Rulings) -> str:
    named = [f"{place} {_named(ruling, name)}" for place, ruling in rulings.items() for name in sorted(ruling.policies)]
    return ", ".join(named) or "nothing is open"


def _named(ruling: Ruling, server: str) -> str:
    return f"{server} version {ruling.policies[server].version}"
