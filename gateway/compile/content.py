"""One dynamic file: its bytes, and the version by which Envoy says that it has taken them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.compile.terms import Json
from platform_core.canonical import canonical


@dataclass(frozen=True)
class Content:
    """Equal exactly when it holds the same."""

    version: str
    raw: bytes

    @classmethod
    def of(cls, resources: Sequence[Json]) -> "Content":
        """The file, in JSON, that holds `resources`."""
        body = canonical(list(resources))
        version = hashlib.sha256(body).hexdigest()[:16]
        return cls(version, b'{"resources":%b,"version_info":"%b"}\n' % (body, version.encode()))
