"""Every server as it stands now, kept in memory between two changes: most requests need no more of the database."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from platform_core.policy.artefact import Environment
from registry.store.database import Database
from registry.store.standing import Standing, Standings

DECIDES = ("servers", "versions", "artefacts", "suspensions")
"""Tables that say who may do what; `health` says only how servers are."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """One environment between two changes."""

    decided: int
    """Another number, another answer to who may do what."""
    number: int
    """Another number, and something is different."""
    servers: Mapping[str, Standing]
    """By name, those that were taken down among them."""

    @property
    def listed(self) -> list[Standing]:
        """The servers that are not taken down, by name."""
        return [standing for standing in self.servers.values() if not standing.withdrawn]

    def until(self, now: float) -> float:
        """When the next policy ends by itself."""
        ends = (each.artefact.not_after for each in self.servers.values() if each.artefact)
        return min((end for end in ends if end > now), default=math.inf)


class Present:
    """Reads a snapshot anew exactly when something was written that it shows."""

    def __init__(self, database: Database, standings: Standings) -> None:
        self._database, self._standings = database, standings
        self._kept: dict[Environment, Snapshot] = {}
        self._turns: defaultdict[Environment, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, environment: Environment) -> Snapshot:
        """The servers of `environment`."""
        if (kept := self._fresh(environment)) is not None:
            return kept
        async with self._turns[environment]:  # one reads, the others wait for what it finds
            return self._fresh(environment) or await self._read(environment)

    async def one(self, environment: Environment, name: str) -> Standing | None:
        """One server, withdrawn or not, or nothing where nobody registered it."""
        return (await self.of(environment)).servers.get(name)

    def _fresh(self, environment: Environment) -> Snapshot | None:
        kept = self._kept.get(environment)
        return kept if kept and kept.number == self._database.changes.of(*DECIDES, "health") else None

    async def _read(self, environment: Environment) -> Snapshot:
        changes = self._database.changes
        decided, number = changes.of(*DECIDES), changes.of(*DECIDES, "health")
        async with self._database.reading() as connection:
            found = await self._standings.every(connection, environment)
        servers = {standing.name: standing for standing in found}
        self._kept[environment] = snapshot = Snapshot(decided=decided, number=number, servers=servers)
        return snapshot
