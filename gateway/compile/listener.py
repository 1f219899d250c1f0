"""A listener: it never mentions a server, so no change of policy ever drains a connection."""

from gateway.compile.door import Door, Issuer, Limits, Places
from gateway.compile.filters import http_filters, stripped
from gateway.compile.replies import replies
from gateway.compile.terms import CHANNEL, JWT, MCP, RBAC, TYPE, Json, extension

LONGEST_MESH_CONNECTION = "600s"
"""After this a certificate is asked for again, so that one that ran out or was withdrawn is soon of no use."""
SVID, TRUST = "svid", "trust"
"""Secrets that the Workload API keeps fresh: the proxy's own certificate, and whose certificates it believes."""


def listener(door: Door, issuer: Issuer, limits: Limits, places: Places) -> Json:
    """The listener of `door`; its rules arrive by its own route file."""
    manager = _connection_manager(door, issuer, limits, places)
    chain: Json = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    if door.meshed:
        chain["transport_socket"] = _mutual_tls(places)
    return {
        "@type": f"{TYPE}envoy.config.listener.v3.Listener",
        "name": door.name,
        "address": {"socket_address": {"address": door.host, "port_value": door.port}},
        "enable_reuse_port": False,  # a second proxy on this port must fail, not share it
        "per_connection_buffer_limit_bytes": 1024 * 1024,
        "filter_chains": [chain],
    }


def _mutual_tls(places: Places) -> Json:
    config = extension(
        "transport_sockets.tls.v3.DownstreamTlsContext",
        require_client_certificate=True,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_3"},
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificate_sds_secret_configs": [_secret(SVID, places)],
            "validation_context_sds_secret_config": _secret(TRUST, places),
        },
    )
    return {"name": "envoy.transport_sockets.tls", "typed_config": config}


def _secret(name: str, places: Places) -> Json:
    source = {"path": str(places.identity / f"sds-{name}.json")}
    return {"name": name, "sds_config": {"resource_api_version": "V3", "path_config_source": source}}


def _connection_manager(door: Door, issuer: Issuer, limits: Limits, places: Places) -> Json:
    return extension(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=door.name,
        server_name="seedbed",
        **_paths_and_peers(door),
        **_times(door),
        **_observation(door, places),
        early_header_mutation_extensions=[_strip(door)],
        local_reply_config=replies(door),
        rds={
            "route_config_name": door.name,
            # No watched_directory: a rename wakes the one subscription whose file it is.
            "config_source": {
                "resource_api_version": "V3",
                "path_config_source": {"path": str(places.xds / f"rds-{door.name}.pb")},
            },
        },
        http_filters=http_filters(door, issuer, limits),
    )


def _paths_and_peers(door: Door) -> Json:
    seen: Json = {"forward_client_cert_details": "SANITIZE_SET", "set_current_client_cert_details": {"uri": True}}
    return {
        "codec_type": "AUTO",
        "use_remote_address": True,
        "normalize_path": True,
        "merge_slashes": True,
        # Where one route takes a path with `%2F` in it, the routes themselves refuse all others.
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED" if door.shows_pages else "REJECT_REQUEST",
        "strip_any_host_port": True,
        "generate_request_id": True,
        "always_set_request_id_in_response": True,
        **(seen if door.meshed else {}),
    }


def _times(door: Door) -> Json:
    # The safe way to end a connection announces it in an answer, so that no call is lost.
    bounded: Json = {"max_connection_duration": LONGEST_MESH_CONNECTION} if door.meshed else {}
    return {
        "stream_idle_timeout": "300s",
        "request_headers_timeout": "10s",
        "drain_timeout": "5s",
        "common_http_protocol_options": {
            "idle_timeout": "900s",
            "headers_with_underscores_action": "REJECT_REQUEST",
            **bounded,
        },
        **({"http1_safe_max_connection_duration": True} if door.meshed else {}),
    }


def _strip(door: Door) -> Json:
    config = extension(
        "http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=[{"remove": name} for name in stripped(door)],
    )
    return {"name": "strip", "typed_config": config}


def _observation(door: Door, places: Places) -> Json:
    collector = {"uri": "http://collector/v1/traces", "cluster": "collector", "timeout": "1s"}
    tracer = {
        "@type": f"{TYPE}envoy.config.trace.v3.OpenTelemetryConfig",
        "service_name": door.name,
        "http_service": {"http_uri": collector},
    }
    log = extension(
        "access_loggers.file.v3.FileAccessLog",
        path=str(places.access_log),
        log_format={"json_format": _log_line(door), "omit_empty_values": True},
    )
    return {
        "access_log": [{"name": "envoy.access_loggers.file", "typed_config": log}],
        # Nothing is sampled by the proxy itself, yet every request has a trace id and carries a traceparent on.
        "tracing": {
            "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": tracer},
            "random_sampling": {"value": 0},
        },
    }


def _log_line(door: Door) -> dict[str, str]:
    person = f"%DYNAMIC_METADATA({JWT}:jwt:"
    return {
        "ts": "%START_TIME%",
        "listener": door.name,
        "user": f"{person}{door.claims.subject})%",
        "groups": f"{person}{door.claims.groups})%",
        "azp": f"{person}{door.claims.client})%",
        "workload": "%DOWNSTREAM_PEER_URI_SAN%",
        "channel": f"%REQ({CHANNEL.upper()})%",
        "server": "%METADATA(ROUTE:seedbed:server)%",
        "rule": "%METADATA(ROUTE:seedbed:rule)%",
        "how_to_ask": "%METADATA(ROUTE:seedbed:how_to_ask)%",
        "suspended": "%METADATA(ROUTE:seedbed:suspended)%",
        "route": "%ROUTE_NAME%",
        "mcp_method": f"%DYNAMIC_METADATA({MCP}:method)%",
        "tool": f"%DYNAMIC_METADATA({MCP}:params:name)%",
        "http": "%REQ(:METHOD)%",
        "host": "%REQ(:AUTHORITY)%",
        # Without its query: a token that somebody put there stays out of the log.
        "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "status": "%RESPONSE_CODE%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "flags": "%RESPONSE_FLAGS%",
        "duration_ms": "%DURATION%",
        "ttfb_ms": "%RESPONSE_DURATION%",
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "upstream": "%UPSTREAM_HOST%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "trace_id": "%TRACE_ID%",
        "verdicts": f"%DYNAMIC_METADATA({RBAC})%",
    }
