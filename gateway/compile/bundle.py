"""All dynamic configuration of one proxy."""

from collections.abc import Iterable, Mapping
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
Known = tuple[PolicyArtefact, Closed, Routes]
"""What was encoded, and out of what."""


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
    _known: dict[tuple[str, str], Known] = field(
        default_factory=dict[tuple[str, str], Known], compare=False, repr=False
    )
    """By door and server."""
    _clusters: dict[str, Json] = field(default_factory=dict[str, Json], compare=False, repr=False)

    def compile(self, rulings: Rulings, *, now: float, without: Iterable[Door] = ()) -> Bundle:
        """Return the configuration that enforces `rulings` at `now` and reaches nothing else; some doors stay shut."""
        doors = [door for door in self.doors if door not in without]
        shut = {
            environment: {name: closed(artefact, ruling, now=now) for name, artefact in ruling.policies.items()}
            for environment, ruling in rulings.items()
        }
        return Bundle(
            listeners=tuple(listener(door, self.issuer, self.limits, self.places) for door in doors),
            fixed=(collector_cluster(self.places), issuer_cluster(self.issuer), registry_cluster(self.places)),
            servers={
                door.cluster(name): self._cluster(door, name)
                for door in {door.environment: door for door in doors}.values()
                for name in shut.get(door.environment, ())
            },
            tables=tuple(
                self._table(door, rulings.get(door.environment, Ruling()), shut.get(door.environment, {}))
                for door in doors
            ),
        )

    def _cluster(self, door: Door, server: str) -> Json:
        name = door.cluster(server)
        if name not in self._clusters:
            self._clusters[name] = server_cluster(door, server, self.places)
        return self._clusters[name]

    def _table(self, door: Door, ruling: Ruling, shut: Mapping[str, Closed]) -> Table:
        return Table(
            door=door.name,
            frame=frame(door, self.issuer, ruling.suspended_people),
            servers={name: self._routes(door, ruling.policies[name], shut[name]) for name in shut},
            others=encode_routes(other_routes(door, self.issuer, ruling.suspended_people)),
            beside=misdirected(),
        )

    def _routes(self, door: Door, artefact: PolicyArtefact, shut: Closed) -> Routes:
        key = (door.name, artefact.server)
        known = self._known.get(key)
        if known is not None and known[0] is artefact and known[1] == shut:
            return known[2]
        routes = encode_routes(server_routes(door, self.issuer, artefact, shut))
        self._known[key] = (artefact, shut, routes)
        return routes
