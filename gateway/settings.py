"""How the gateway is set up: `SEEDBED_GATEWAY_...`; what it shares with every part is read there too."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from gateway.compile.bundle import Compiler
from gateway.compile.door import Door, Issuer, Limits, Places
from platform_core.auth.clients import SURFACES
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.settings import Settings


class GatewaySettings(Settings, part="gateway"):
    """What only the gateway needs to know."""

    edge_host: str = "127.0.0.1"
    edge_port: Annotated[int, Field(ge=1, le=65535)]
    """Where people's own clients enter."""
    origins: tuple[str, ...] = ()
    """Origins of browser pages that may call, a JSON list; the platform's own base URL if empty."""
    run_envoy: bool = False
    """Start Envoy as a child and keep it alive. Hosted, Envoy is a process of its own and this one writes its files."""
    admin_socket: Path | None = None
    """Envoy's admin interface; `envoy/admin.sock` in the platform's run folder if not set."""
    xds: Path | None = None
    """Folder of the files that Envoy reads; `envoy/xds` in the platform's run folder if not set."""
    workers: Annotated[int, Field(ge=1)] = 1
    """Envoy's worker threads."""
    drain_seconds: Annotated[float, Field(ge=0)] = 5.0
    """How long open calls may go on when Envoy is stopped."""
    health_seconds: Annotated[float, Field(gt=0)] = 2.0
    """How often a server is asked whether it is ready."""
    calls_per_second: Annotated[int, Field(ge=1)] = 50
    """What one person may call in the long run."""
    burst: Annotated[int, Field(ge=1)] = 200
    """What one person may call at once."""
    ca_bundle: Path = Path("/etc/ssl/certs/ca-certificates.crt")
    """Certificates that vouch for an issuer behind https."""

    def admin_socket_in(self, platform: PlatformSettings) -> Path:
        return self.admin_socket or platform.run / "envoy" / "admin.sock"

    def xds_in(self, platform: PlatformSettings) -> Path:
        return self.xds or platform.run / "envoy" / "xds"


def state_of(platform: PlatformSettings) -> Path:
    """What the gateway keeps: policies it may fall back on, Envoy's logs."""
    return platform.state / "gateway"


def compiler(own: GatewaySettings, platform: PlatformSettings, auth: AuthSettings) -> Compiler:
    """Everything that the settings say about the configuration to be compiled."""
    base = urlsplit(platform.base)
    door = Door(
        environment=platform.environment,
        host=own.edge_host,
        port=own.edge_port,
        base=platform.base,
        origins=own.origins or (f"{base.scheme}://{base.netloc}",),
        clients=SURFACES,
    )
    issuer = Issuer(
        issuer=auth.issuer,
        audience=auth.audience,
        jwks_url=auth.jwks_url,
        jwks_seconds=auth.jwks_seconds,
        max_lifetime=auth.max_lifetime,
        ca_bundle=own.ca_bundle,
    )
    places = Places(
        run=platform.run,
        xds=own.xds_in(platform),
        access_log=state_of(platform) / "access.log",
        health_seconds=own.health_seconds,
    )
    limits = Limits(calls_per_second=own.calls_per_second, burst=own.burst)
    return Compiler(door=door, issuer=issuer, limits=limits, places=places)
