"""The route table of one door, as the binary file that Envoy reads; each server's routes are encoded on their own."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from gateway.compile.binary import boxed, decoded, encoded
from gateway.compile.content import Content
from gateway.compile.terms import Json

ROUTE = "envoy.config.route.v3.Route"
TABLE = "envoy.config.route.v3.RouteConfiguration"
FILE = "envoy.service.discovery.v3.DiscoveryResponse"

Routes = tuple[bytes, ...]
"""Encoded routes."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """All routes of one door. Routes are tried in order: servers first, in the order of their names."""

    door: str
    frame: Json
    """The virtual host without its routes."""
    servers: Mapping[str, Routes]
    others: Routes
    beside: Json
    """The virtual host for everybody who names another host."""

    def whole(self, servers: Iterable[str] | None = None) -> Json:
        """The message; with `servers`, of those alone."""
        chosen = sorted(self.servers if servers is None else servers)
        routes = [route for name in chosen for route in self.servers[name]]
        main = self.frame | {"routes": [*routes, *self.others]}
        return {"name": self.door, "virtual_hosts": [main, self.beside]}

    @cached_property
    def content(self) -> Content:
        """The file. Its version is the digest of what it holds, and Envoy shows it back."""
        resource = encoded(TABLE, self.whole() | {"validate_clusters": False})
        version = hashlib.sha256(resource).hexdigest()[:16]
        return Content(version, encoded(FILE, {"version_info": version, "resources": [boxed(TABLE, resource)]}))


def encode_routes(routes: Iterable[Json]) -> Routes:
    return tuple(encoded(ROUTE, route) for route in routes)


def read_table(raw: bytes) -> Json:
    """What a file holds, for people."""
    return decoded(FILE, raw)
