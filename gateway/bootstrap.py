"""What Envoy is started with: where to listen for orders, and where to read the rest."""

from pathlib import Path

from gateway.compile.terms import Json


def bootstrap(xds: Path, admin_socket: Path) -> Json:
    """The whole static configuration. The admin interface is a unix socket for the own account alone."""
    return {
        "node": {"id": "gateway", "cluster": "seedbed"},
        "admin": {"address": {"pipe": {"path": str(admin_socket), "mode": 0o600}}},
        "dynamic_resources": {"lds_config": _file(xds / "lds.json"), "cds_config": _file(xds / "cds.json")},
    }


def _file(path: Path) -> Json:
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}
