"""The processes of the stack, in the order in which they start, with what each needs to know."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import distributions

from deploy.local.stack import ready
from deploy.local.stack.home import Home

PREFIX = "seedbed-server-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process: how it is started, and the truth by which it is ready."""

    name: str
    says: str
    command: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict[str, str])
    ready: Callable[[], bool]


def shared_settings(home: Home) -> dict[str, str]:
    """What every part of this stack is told."""
    return {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": home.base,
        "SEEDBED_PLATFORM_ENVIRONMENT": "production",
        "SEEDBED_PLATFORM_RUN": str(home.run),
        "SEEDBED_PLATFORM_STATE": str(home.state),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(home.registry_socket),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(home.pinned_keys),
        "SEEDBED_AUTH_ISSUER": home.issuer,
        "SEEDBED_AUTH_JWKS_URL": f"{home.issuer}/jwks",
        "SEEDBED_SERVER_DRAIN_SECONDS": "1",
    }


def installed_servers() -> dict[str, str]:
    """Every installed server: its name and the module that runs it, from the distributions' own metadata."""
    found: dict[str, str] = {}
    for distribution in distributions():
        name = distribution.metadata["Name"] or ""
        for entry in distribution.entry_points.select(group="console_scripts"):
            if name.startswith(PREFIX) and entry.name == name:
                found[name.removeprefix(PREFIX)] = entry.module.removesuffix(".__main__")
    return dict(sorted(found.items()))


def identity(home: Home) -> Part:
    return Part(
        name="identity",
        says="identity provider",
        command=_module("deploy.local.identity"),
        settings={
            "SEEDBED_IDENTITY_PORT": str(home.ports["identity"]),
            "SEEDBED_IDENTITY_STATE": str(home.identity),
            "SEEDBED_IDENTITY_PLATFORM_URL": home.base,
            "SEEDBED_IDENTITY_LOGIN_HOURS": "168",  # an agent that was connected today works tomorrow
        },
        ready=lambda: ready.http(f"{home.issuer}/jwks"),
    )


def engine(home: Home) -> Part:
    return Part(
        name="engine",
        says="SQL engine (the first start generates TPC-H data)",
        command=_module("deploy.local.coordinator"),
        settings={
            "SEEDBED_COORDINATOR_PORT": str(home.ports["engine"]),
            "SEEDBED_COORDINATOR_DATA": str(home.state / "tpch"),
        },
        ready=lambda: ready.http(f"{home.engine}/healthz"),
    )


def registry(home: Home) -> Part:
    return Part(
        name="registry",
        says="registry",
        command=_module("registry"),
        settings={
            "SEEDBED_REGISTRY_CLIENT_SECRET_FILE": str(home.secret("seedbed-registry")),
            "SEEDBED_REGISTRY_PROBE_SECRET_FILE": str(home.secret("seedbed-probe")),
        },
        ready=lambda: ready.unix(home.registry_socket, "/health/ready"),
    )


def gateway(home: Home) -> Part:
    return Part(
        name="gateway",
        says="gateway and Envoy",
        command=_module("gateway"),
        settings={
            "SEEDBED_GATEWAY_RUN_ENVOY": "true",
            "SEEDBED_GATEWAY_EDGE_PORT": str(home.ports["edge"]),
            "SEEDBED_GATEWAY_ADMIN_SOCKET": str(home.admin_socket),
        },
        ready=lambda: ready.envoy(home.admin_socket),
    )


def server(home: Home, name: str, module: str) -> Part:
    return Part(
        name=name,
        says=f"server {name}",
        command=_module(module),
        settings={"SEEDBED_PRESTO_ENGINE_URL": home.engine} if name == "presto" else {},
        ready=lambda: ready.unix(home.run / "production" / name / "server.sock", "/health/ready"),
    )


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)
