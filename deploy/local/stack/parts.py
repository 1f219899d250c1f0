"""The processes of the stack, with what each needs to know; servers are in `servers.py`."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.local.stack import ready
from deploy.local.stack.home import DOORS, ENVIRONMENTS, Home
from platform_core.auth.clients import CLIENTS, Environment
from platform_core.testing.people import ROLE_GROUPS

KNOWLEDGE = "/production/service/knowledge"
"""What the Knowledge server is when it reads other servers for itself: the path of its SPIFFE id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process: how it is started, and the truth by which it is ready."""

    name: str
    says: str
    command: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict[str, str])
    ready: Callable[[], bool]
    doing: Callable[[], str] = lambda: ""
    """What it is still at when it is ready, in words; empty where that is nothing."""


def shared_settings(home: Home, environment: Environment = "production") -> dict[str, str]:
    """What every part of this stack is told."""
    return {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": home.edge(environment),
        "SEEDBED_PLATFORM_ENVIRONMENT": environment,
        "SEEDBED_PLATFORM_RUN": str(home.run),
        "SEEDBED_PLATFORM_STATE": str(home.state),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(home.registry_socket),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(home.keys.pinned),
        "SEEDBED_PLATFORM_SUSPENSIONS": str(home.suspensions),
        "SEEDBED_AUTH_ISSUER": home.issuer,
        "SEEDBED_AUTH_JWKS_URL": f"{home.issuer}/jwks",
        "SEEDBED_APPROVAL_PAGES": home.base,
        "SEEDBED_SERVER_DRAIN_SECONDS": "1",
    }


def platform(home: Home) -> dict[str, Part]:
    """All that is no server, by name, in the order in which one leans on the other."""
    every = (identity, engine, mesh, signer, registry, gateway, envoy)
    return {part.name: part for part in (make(home) for make in every)}


def identity(home: Home) -> Part:
    doors = [home.edge("dev"), *(home.mesh(environment) for environment in ENVIRONMENTS)]
    return Part(
        name="identity",
        says="identity provider",
        command=module("deploy.local.identity"),
        settings={
            "SEEDBED_IDENTITY_PORT": str(home.ports["identity"]),
            "SEEDBED_IDENTITY_STATE": str(home.identity),
            "SEEDBED_IDENTITY_PLATFORM_URL": home.base,
            "SEEDBED_IDENTITY_OTHER_URLS": json.dumps(doors),
            "SEEDBED_IDENTITY_LOGIN_HOURS": "168",  # an agent that was connected today works tomorrow
        },
        ready=lambda: ready.http(f"{home.issuer}/jwks"),
    )


def engine(home: Home) -> Part:
    return Part(
        name="engine",
        says="SQL engine (the first start generates TPC-H data)",
        command=module("deploy.local.coordinator"),
        settings={
            "SEEDBED_COORDINATOR_PORT": str(home.ports["engine"]),
            "SEEDBED_COORDINATOR_DATA": str(home.state / "tpch"),
        },
        ready=lambda: ready.http(f"{home.engine}/healthz"),
    )


def airflow(home: Home) -> Part:
    return Part(
        name="airflow-itself",
        says="Airflow",
        command=module("deploy.local.airflow"),
        settings={
            "SEEDBED_LOCAL_AIRFLOW_PORT": str(home.ports["airflow"]),
            "SEEDBED_LOCAL_AIRFLOW_STATE": str(home.state / "airflow"),
            "SEEDBED_LOCAL_AIRFLOW_SECRET_FILE": str(home.airflow_secret),
        },
        ready=lambda: ready.http(f"{home.airflow}/api/v2/monitor/health"),
    )


def mesh(home: Home) -> Part:
    surfaces = sorted({client.workload for client in CLIENTS.values() if client.workload})
    return Part(
        name="mesh",
        says="mesh identities",
        command=module("deploy.local.mesh"),
        settings={
            "SEEDBED_MESH_SOCKET": str(home.workload_socket),
            "SEEDBED_MESH_STATE": str(home.state / "mesh"),
            "SEEDBED_MESH_ENTRIES": json.dumps(["/gateway", KNOWLEDGE, *surfaces]),
        },
        ready=lambda: ready.identities(home.workload_socket),
    )


def signer(home: Home) -> Part:
    key = home.keys.signing
    return Part(
        name="signer",
        says="signer",
        command=module("registry.signer"),
        settings={"SEEDBED_SIGNER_KEY_ID": key, "SEEDBED_SIGNER_KEY_FILE": str(home.keys.private(key))},
        ready=lambda: ready.unix(home.signer_socket, "/health/ready"),
    )


def registry(home: Home) -> Part:
    secrets = {"client": "seedbed-registry", "probe": "seedbed-probe", "probe_dev": "seedbed-probe-dev"}
    files = {f"SEEDBED_REGISTRY_{name.upper()}_SECRET_FILE": str(home.secret(of)) for name, of in secrets.items()}
    bases = {environment: home.edge(environment) for environment in ENVIRONMENTS}
    return Part(
        name="registry",
        says="registry",
        command=module("registry"),
        settings={
            "SEEDBED_REGISTRY_BASES": json.dumps(bases),
            "SEEDBED_REGISTRY_ROLE_GROUPS": json.dumps(dict(ROLE_GROUPS)),
            **files,
        },
        ready=lambda: ready.unix(home.registry_socket, "/health/ready"),
    )


def _proxy(home: Home) -> dict[str, str]:
    """What the gateway and its Envoy have to agree on."""
    entrances = {
        environment: {
            "base": home.edge(environment),
            "edge_port": home.ports[f"{environment}-edge"],
            "mesh_port": home.ports[f"{environment}-mesh"],
        }
        for environment in ENVIRONMENTS
    }
    return {
        "SEEDBED_GATEWAY_ENVIRONMENTS": json.dumps(entrances),
        "SEEDBED_GATEWAY_WORKLOAD_SOCKET": str(home.workload_socket),
        "SEEDBED_GATEWAY_ADMIN_SOCKET": str(home.admin_socket),
    }


def gateway(home: Home) -> Part:
    return Part(
        name="gateway",
        says="gateway",
        command=module("gateway"),
        settings=_proxy(home),
        ready=lambda: ready.written(home.run / "envoy" / "xds", DOORS),
    )


def envoy(home: Home) -> Part:
    return Part(
        name="envoy",
        says="Envoy",
        command=(*module("gateway"), "envoy"),
        settings=_proxy(home),
        ready=lambda: ready.envoy(home.admin_socket, len(DOORS)),
    )


def module(name: str) -> tuple[str, ...]:
    """The command that runs a module."""
    return (sys.executable, "-m", name)
