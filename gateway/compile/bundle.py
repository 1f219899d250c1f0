"""All dynamic configuration of one proxy, as the files that Envoy reads."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.compile.clusters import collector_cluster, issuer_cluster, registry_cluster, server_cluster
from gateway.compile.door import Door, Issuer, Limits, Places
from gateway.compile.listener import listener
from gateway.compile.routes import route_table
from gateway.compile.terms import Json
from platform_core.canonical import canonical
from platform_core.policy.artefact import PolicyArtefact

LISTENERS = "lds.json"
CLUSTERS = "cds.json"


@dataclass(frozen=True)
class Bundle:
    """Resources by file name."""

    files: Mapping[str, tuple[Json, ...]]


@dataclass(frozen=True)
class Content:
    """One dynamic file. Its version is the digest of what it holds, and Envoy shows it back."""

    version: str
    raw: bytes

    @classmethod
    def of(cls, resources: Sequence[Json]) -> "Content":
        """The file that holds `resources`: equal bytes exactly when they are equal."""
        body = canonical(list(resources))
        version = hashlib.sha256(body).hexdigest()[:16]
        return cls(version, b'{"resources":%b,"version_info":"%b"}\n' % (body, version.encode()))


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Everything but the policies: what `compile` needs to know of this proxy."""

    door: Door
    issuer: Issuer
    limits: Limits
    places: Places

    def compile(self, artefacts: Mapping[str, PolicyArtefact], *, now: float) -> Bundle:
        """Return the configuration that enforces `artefacts` at `now` and reaches nothing else."""
        door, places = self.door, self.places
        servers = [server_cluster(door, name, places) for name in sorted(artefacts)]
        fixed = [collector_cluster(places), issuer_cluster(self.issuer), registry_cluster(places)]
        return Bundle(
            {
                CLUSTERS: (*fixed, *servers),
                LISTENERS: (listener(door, self.issuer, self.limits, places),),
                f"rds-{door.name}.json": (route_table(door, self.issuer, artefacts, now=now),),
            }
        )
