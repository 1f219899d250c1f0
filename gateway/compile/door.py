"""The facts that a listener is compiled from."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from platform_core.auth.clients import Clients, Environment, Listener
from platform_core.auth.settings import ClaimNames


@dataclass(frozen=True, kw_only=True)
class Door:
    """One listener: where one environment is entered from one side."""

    environment: Environment
    side: Listener
    host: str
    """Address that the listener binds."""
    port: int
    url: str
    """URL that this door is called by; its host is the only one that is answered."""
    base: str
    """URL of the environment's edge: what its servers are known by, through whichever door they are called."""
    registry: str
    """URL under which people find the registry's pages."""
    origins: tuple[str, ...]
    """Origins of browser pages that may call through this door."""
    clients: Clients
    """The OAuth clients whose tokens count here."""
    claims: ClaimNames
    trust_domain: str

    @property
    def name(self) -> str:
        """Name of the listener, of its route table and of its statistics."""
        return f"{self.environment}-{self.side}"

    @property
    def meshed(self) -> bool:
        """Whether callers prove by a certificate which workload they are; a person's token is a second proof here."""
        return self.side == "mesh"

    @property
    def leads_to_registry(self) -> bool:
        """There is one registry, and it is reached through production."""
        return self.environment == "production"

    @property
    def shows_pages(self) -> bool:
        """Whether people and their programs read the registry's pages and documents through this door."""
        return self.leads_to_registry and not self.meshed

    @property
    def authority(self) -> str:
        """Host and port of the environment: what everything behind the door is told it is called."""
        return urlsplit(self.base).netloc

    @property
    def domain(self) -> str:
        """Host of the door's URL as Envoy compares it: no port, an IPv6 address in its brackets."""
        host = urlsplit(self.url).hostname or ""
        return f"[{host}]" if ":" in host else host

    @property
    def vouching(self) -> tuple[str, ...]:
        """The workloads that say truthfully in which channel a person speaks."""
        ids = {client.spiffe_id(self.trust_domain) for client in self.clients.values() if client.vouches_for_channel}
        return tuple(sorted(filter(None, ids)))

    def page(self, server: str) -> str:
        """Where a person reads about `server` and asks for it."""
        return f"{self.registry}/servers/{server}"

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

    @property
    def identity(self) -> Path:
        """Folder of the proxy's own certificate and of those that it trusts, kept fresh from the Workload API."""
        return self.xds.parent / "identity"
