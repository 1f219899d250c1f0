"""The route table of one door, as the binary file that Envoy reads; each server's routes are encoded on their own."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from gateway.compile.binary import decoded, encoded, nested
from gateway.compile.content import Content
from gateway.compile.terms import TYPE, Json

ROUTE = "envoy.config.route.v3.Route"
HOST = "envoy.config.route.v3.VirtualHost"
TABLE = "envoy.config.route.v3.RouteConfiguration"
FILE = "envoy.service.discovery.v3.DiscoveryResponse"
ANY = "google.protobuf.Any"

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

    @cached_property
    def content(self) -> Content:
        """The file. Its version is the digest of what it holds, and Envoy shows it back."""
        table = self._pieces(self.servers, validate_clusters=False)
        digest = hashlib.sha256()
        for piece in table:
            digest.update(piece)
        version = digest.hexdigest()[:16]
        resource = [*nested(ANY, "type_url", [f"{TYPE}{TABLE}".encode()]), *nested(ANY, "value", table)]
        file = [encoded(FILE, {"version_info": version}), *nested(FILE, "resources", resource)]
        return Content(version, b"".join(file))

    def proving(self, servers: Iterable[str]) -> bytes:
        """A table with the routes of these servers alone, to be validated: here a missing cluster is a fault."""
        return b"".join(self._pieces(servers, validate_clusters=True))

    def _pieces(self, servers: Iterable[str], *, validate_clusters: bool) -> list[bytes]:
        routes = chain(*(self.servers[name] for name in sorted(servers)), self.others)
        main = [encoded(HOST, self.frame), *chain.from_iterable(nested(HOST, "routes", [route]) for route in routes)]
        rest: Json = {"virtual_hosts": [self.beside], "validate_clusters": validate_clusters}
        return [encoded(TABLE, {"name": self.door}), *nested(TABLE, "virtual_hosts", main), encoded(TABLE, rest)]


def encode_routes(routes: Iterable[Json]) -> Routes:
    return tuple(encoded(ROUTE, route) for route in routes)


def read_table(raw: bytes) -> Json:
    """What a file holds, for people."""
    return decoded(FILE, raw)
