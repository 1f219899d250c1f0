"""Where requests go: servers and registry on their unix sockets, the issuer's keys by HTTP."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from gateway.compile.door import Door, Issuer, Places
from gateway.compile.terms import TYPE, Json, extension

REGISTRY = "registry"
COLLECTOR = "collector"
ISSUER = "issuer"


def server_cluster(door: Door, server: str, places: Places) -> Json:
    """The cluster of one server. It gets requests only while it says it is ready."""
    cluster = _on_socket(door.cluster(server), places.server(door.environment, server))
    every = f"{places.health_seconds:g}s"
    check: Json = {
        "timeout": "1s",
        "interval": every,
        "no_traffic_interval": every,
        "unhealthy_interval": "0.25s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": "/health/ready", "host": door.authority},
    }
    return cluster | {
        "lb_policy": "LEAST_REQUEST",
        "health_checks": [check],
        # Never "all are ill, so send to any": a server that is closing fails its check first.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "circuit_breakers": {"thresholds": [_breaker()]},
        "outlier_detection": {
            "consecutive_5xx": 5,
            "interval": "2s",
            "base_ejection_time": "10s",
            "max_ejection_percent": 50,
        },
    }


def registry_cluster(places: Places) -> Json:
    """The registry's public side: pages, catalogue, discovery documents."""
    return _on_socket(REGISTRY, places.registry) | {"circuit_breakers": {"thresholds": [_breaker()]}}


def collector_cluster(places: Places) -> Json:
    """Where spans would go. The tracer wants the name, and nobody has to be there."""
    return _on_socket(COLLECTOR, places.collector)


def issuer_cluster(issuer: Issuer) -> Json:
    """Where the issuer's key set is fetched."""
    parts = urlsplit(issuer.jwks_url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = {"socket_address": {"address": host, "port_value": port}}
    cluster = _cluster(ISSUER, "STATIC" if _is_address(host) else "STRICT_DNS", address)
    return cluster | ({"transport_socket": _tls(host, issuer.ca_bundle)} if parts.scheme == "https" else {})


def _on_socket(name: str, path: Path) -> Json:
    return _cluster(name, "STATIC", {"pipe": {"path": str(path)}})


def _cluster(name: str, kind: str, address: Json) -> Json:
    return {
        "@type": f"{TYPE}envoy.config.cluster.v3.Cluster",
        "name": name,
        "type": kind,
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }


def _breaker() -> Json:
    return {
        "max_connections": 256,
        "max_pending_requests": 128,
        "max_requests": 512,
        "max_retries": 3,
        "track_remaining": True,
    }


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _tls(host: str, ca_bundle: Path) -> Json:
    exact = {"san_type": "IP_ADDRESS" if _is_address(host) else "DNS", "matcher": {"exact": host}}
    trusted = {"trusted_ca": {"filename": str(ca_bundle)}, "match_typed_subject_alt_names": [exact]}
    config = extension(
        "transport_sockets.tls.v3.UpstreamTlsContext",
        sni=host,
        common_tls_context={"validation_context": trusted},
    )
    return {"name": "envoy.transport_sockets.tls", "typed_config": config}
