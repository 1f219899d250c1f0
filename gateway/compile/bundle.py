"""All dynamic configuration of one proxy."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.compile.closed import Closed, Ruling, closed
from gateway.compile.clusters import collector_cluster, issuer_cluster, registry_cluster, server_cluster
from gateway.compile.door import Door, Issuer, Limits, Places
from gateway.compile.listener import listener
from gateway.compile.routes import frame, misdirected, other_routes, server_routes
from gateway.compile.table import Routes, Table, encode_routes
from gateway.compile.terms import Json
from platform_core.policy.artefact import PolicyArtefact

Rulings = Mapping[str, Ruling]
"""By environment."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Listeners, clusters by name, and one route table a listener."""

    listeners: tuple[Json, ...]
    fixed: tuple[Json, ...]
    """Clusters that are there whatever the policies say."""
    servers: Mapping[str, Json]
    """The clusters of servers, by name."""
    tables: tuple[Table, ...]

    @property
    def clusters(self) -> tuple[Json, ...]:
        return (*self.fixed, *(self.servers[name] for name in sorted(self.servers)))


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Everything but the policies: what `compile` needs to know of this proxy.

    What was encoded for a server is used again until its policy changes or something of it is closed or opened.
    """

    doors: tuple[Door, ...]
    issuer: Issuer
    limits: Limits
    places: Places
    _known: dict[tuple[str, str], tuple[PolicyArtefact, Closed, Routes]] = field(
        default_factory=dict[tuple[str, str], tuple[PolicyArtefact, Closed, Routes]], compare=False, repr=False
    )

    def compile(self, rulings: Rulings, *, now: float, without: Iterable[Door] = ()) -> Bundle:
        """Return the configuration that enforces `rulings` at `now` and reaches nothing else; some doors stay shut."""
        doors = [door for door in self.doors if door not in without]
        return Bundle(
            listeners=tuple(listener(door, self.issuer, self.limits, self.places) for door in doors),
            fixed=(collector_cluster(self.places), issuer_cluster(self.issuer), registry_cluster(self.places)),
            servers=self._clusters(doors, rulings),
            tables=tuple(self._table(door, rulings.get(door.environment, Ruling()), now) for door in doors),
        )

    def _clusters(self, doors: Sequence[Door], rulings: Rulings) -> dict[str, Json]:
        by_environment = {door.environment: door for door in doors}
        return {
            door.cluster(name): server_cluster(door, name, self.places)
            for environment, door in by_environment.items()
            if environment in rulings
            for name in rulings[environment].policies
        }

    def _table(self, door: Door, ruling: Ruling, now: float) -> Table:
        return Table(
            door=door.name,
            frame=frame(door, self.issuer, ruling.suspended_people),
            servers={name: self._routes(door, found, ruling, now) for name, found in ruling.policies.items()},
            others=encode_routes(other_routes(door, self.issuer)),
            beside=misdirected(),
        )

    def _routes(self, door: Door, artefact: PolicyArtefact, ruling: Ruling, now: float) -> Routes:
        key, shut = (door.name, artefact.server), closed(artefact, ruling, now=now)
        known = self._known.get(key)
        if known is not None and known[0] is artefact and known[1] == shut:
            return known[2]
        routes = encode_routes(server_routes(door, self.issuer, artefact, shut))
        self._known[key] = (artefact, shut, routes)
        return routes
