"""What Envoy is started with: where to listen for orders, and where to read the rest."""

from pathlib import Path

from gateway.compile.terms import Json, extension

MOST_CONNECTIONS = 5_000
"""Of callers, at once; more are turned away before they cost anything."""


def bootstrap(xds: Path, admin_socket: Path) -> Json:
    """The whole static configuration. The admin interface is a unix socket for the own account alone."""
    connections = extension(
        "resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=MOST_CONNECTIONS,
    )
    monitor = {"name": "envoy.resource_monitors.global_downstream_max_connections", "typed_config": connections}
    return {
        "node": {"id": "gateway", "cluster": "seedbed"},
        "admin": {"address": {"pipe": {"path": str(admin_socket), "mode": 0o600}}},
        "dynamic_resources": {"lds_config": _file(xds / "lds.json"), "cds_config": _file(xds / "cds.json")},
        "overload_manager": {"resource_monitors": [monitor]},
    }


def _file(path: Path) -> Json:
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}
