"""The facts that a listener is compiled from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from platform_core.policy.artefact import Environment


@dataclass(frozen=True, kw_only=True)
class Door:
    """One listener: where one environment is entered from one side."""

    environment: Environment
    side: Literal["edge"] = "edge"
    host: str
    """Address that the listener binds."""
    port: int
    base: str
    """URL under which people know this door; its host is the only one that is answered."""
    origins: tuple[str, ...]
    """Origins of browser pages that may call through this door."""
    clients: Mapping[str, str]
    """OAuth client (`azp`) to surface: the only tokens that count here."""

    @property
    def name(self) -> str:
        """Name of the listener, of its route table and of its statistics."""
        return f"{self.environment}-{self.side}"

    @property
    def authority(self) -> str:
        """Host and port of the base URL: what everything behind the door is told it is called."""
        return urlsplit(self.base).netloc

    @property
    def domain(self) -> str:
        """Host of the base URL as Envoy compares it: no port, an IPv6 address in its brackets."""
        host = urlsplit(self.base).hostname or ""
        return f"[{host}]" if ":" in host else host

    def page(self, server: str) -> str:
        """Where a person reads about `server` and asks for it."""
        return f"{self.base}/servers/{server}"

    def resource_metadata(self, path: str) -> str:
        """The document that tells a client who can log it in for `path` (RFC 9728)."""
        return f"{self.base}/.well-known/oauth-protected-resource{path}"

    def cluster(self, server: str) -> str:
        """Name of the cluster of `server` in this environment."""
        return f"{self.environment}:{server}"


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Whose tokens are believed."""

    issuer: str
    audience: str
    jwks_url: str
    jwks_seconds: float
    """How old the key set may become before it is fetched again."""
    max_lifetime: int
    """Seconds; a token that lives longer is refused."""
    ca_bundle: Path
    """Certificates that vouch for an issuer behind https."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one person may use."""

    calls_per_second: int
    burst: int


@dataclass(frozen=True, kw_only=True)
class Places:
    """Files and sockets that the configuration names."""

    run: Path
    """Folder of the unix sockets."""
    xds: Path
    """Folder of the dynamic configuration."""
    access_log: Path
    health_seconds: float
    """How often a server is asked whether it is ready."""

    def server(self, environment: str, server: str) -> Path:
        return self.run / environment / server / "server.sock"

    @property
    def registry(self) -> Path:
        return self.run / "registry" / "public.sock"

    @property
    def collector(self) -> Path:
        """Where an OTLP collector would listen; Envoy gives out trace ids only with an exporter named."""
        return self.run / "envoy" / "otlp.sock"
