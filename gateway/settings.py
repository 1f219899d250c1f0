"""How the gateway is set up: `SEEDBED_GATEWAY_...`; what it shares with every part is read there too."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.compile.bundle import Compiler
from gateway.compile.door import Door, Issuer, Limits, Places
from platform_core.auth.clients import Environment, Listener
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.settings import Settings

Port = Annotated[int, Field(ge=1, le=65535)]
Url = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]
"""Scheme, host and port."""


class Entrance(BaseModel):
    """Where one environment is entered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Url
    """URL of its edge, without a slash at the end; a server is at `{base}/mcp/{name}`."""
    edge_host: str = "127.0.0.1"
    edge_port: Port
    """Where people's own clients enter."""
    mesh_host: str = "127.0.0.1"
    mesh_port: Port | None = None
    """Where surfaces and services enter by their certificates; nowhere if not set."""
    mesh_base: Url | None = None
    """URL of the mesh's side; `https://{mesh_host}:{mesh_port}` if not set."""
    origins: tuple[str, ...] = ()
    """Origins of browser pages that may call; that of the base URL if empty."""


class GatewaySettings(Settings, part="gateway"):
    """What only the gateway needs to know."""

    environments: Annotated[dict[Environment, Entrance], Field(min_length=1)]
    """`{"production": {"base": ..., "edge_port": ...}, "dev": ...}`: the environments behind this one proxy."""
    workload_socket: Path | None = None
    """The Workload API's socket, where the proxy gets its own certificate; needed where an environment has a mesh."""
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

    @model_validator(mode="after")
    def _a_mesh_has_an_identity(self) -> Self:
        if self.workload_socket is None and any(entrance.mesh_port for entrance in self.environments.values()):
            raise ValueError("an environment has a mesh_port, so SEEDBED_GATEWAY_WORKLOAD_SOCKET is needed")
        return self

    def admin_socket_in(self, platform: PlatformSettings) -> Path:
        return self.admin_socket or platform.run / "envoy" / "admin.sock"

    def xds_in(self, platform: PlatformSettings) -> Path:
        return self.xds or platform.run / "envoy" / "xds"

    @property
    def listeners(self) -> int:
        """How many doors there are when all are open."""
        return sum(2 if entrance.mesh_port else 1 for entrance in self.environments.values())


def state_of(platform: PlatformSettings) -> Path:
    """What the gateway keeps: policies it may fall back on, Envoy's logs."""
    return platform.state / "gateway"


def compiler(own: GatewaySettings, platform: PlatformSettings, auth: AuthSettings) -> Compiler:
    """Everything that the settings say about the configuration to be compiled."""
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
    return Compiler(doors=doors(own, platform, auth), issuer=issuer, limits=limits, places=places)


def doors(own: GatewaySettings, platform: PlatformSettings, auth: AuthSettings) -> tuple[Door, ...]:
    """Every listener of every environment."""
    found: list[Door] = []
    for environment, entrance in own.environments.items():
        found.append(_door(environment, "edge", entrance, platform, auth))
        if entrance.mesh_port:
            found.append(_door(environment, "mesh", entrance, platform, auth))
    return tuple(found)


def _door(
    environment: Environment, side: Listener, entrance: Entrance, platform: PlatformSettings, auth: AuthSettings
) -> Door:
    edge, base = side == "edge", urlsplit(entrance.base)
    host, port = (entrance.edge_host, entrance.edge_port) if edge else (entrance.mesh_host, entrance.mesh_port or 0)
    return Door(
        environment=environment,
        side=side,
        host=host,
        port=port,
        url=entrance.base if edge else entrance.mesh_base or f"https://{host}:{port}",
        base=entrance.base,
        registry=platform.base,
        origins=entrance.origins or (f"{base.scheme}://{base.netloc}",),
        clients={
            azp: client
            for azp, client in auth.clients.items()
            if (client.environment, client.listener) == (environment, side)
        },
        claims=auth.claims,
        trust_domain=auth.trust_domain,
    )
