"""The route table of one door: its servers, the registry, and nothing else."""

from collections.abc import Mapping

from gateway.compile.clusters import REGISTRY
from gateway.compile.door import Door, Issuer
from gateway.compile.front import client_rules, origin_rules
from gateway.compile.rbac import per_route, server_rules
from gateway.compile.terms import CLIENT, FRONT, JWT, MCP, RBAC, TYPE, Json, extension
from platform_core.policy.artefact import PolicyArtefact

IDENTITY_HEADERS = ("authorization", "x-forwarded-groups", "x-forwarded-surface", "x-forwarded-user")
"""What a route without a token never hands on (cookies stay: pages have their own session)."""

NOT_MCP = extension("filters.http.mcp.v3.McpOverride", traffic_mode="NOOP")
NO_TOKEN = extension("filters.http.jwt_authn.v3.PerRouteConfig", disabled=True)
OFF = per_route()
NO_RULES: Json = {"action": "ALLOW", "policies": {}}
"""Nobody may do anything."""


def route_table(door: Door, issuer: Issuer, artefacts: Mapping[str, PolicyArtefact], *, now: float) -> Json:
    """All routes of `door`. Whoever names another host is told so; whoever names another path finds nothing."""
    routes = [route for name in sorted(artefacts) for route in _server(door, artefacts[name], now)]
    main: Json = {
        "name": "main",
        "domains": [door.domain],
        "typed_per_filter_config": {
            FRONT: per_route(origin_rules(door)),
            CLIENT: per_route(client_rules(door, issuer.max_lifetime)),
        },
        "routes": [*routes, *_registry(door), _nothing_else(door)],
    }
    return {
        "@type": f"{TYPE}envoy.config.route.v3.RouteConfiguration",
        "name": door.name,
        "validate_clusters": False,
        "virtual_hosts": [main, _misdirected()],
    }


def _server(door: Door, artefact: PolicyArtefact, now: float) -> list[Json]:
    name, in_force = artefact.server, now < artefact.not_after
    path = f"/mcp/{name}"
    facts = _facts(
        server=name,
        rule=f"{name}/{'default-deny' if in_force else 'expired'}",
        how_to_ask=f"{artefact.how_to_ask}, or see {door.page(name)}",
        resource_metadata=door.resource_metadata(path),
    )
    rules = server_rules(artefact, door.clients) if in_force else NO_RULES
    posted = {"path": path, "headers": [{"name": ":method", "string_match": {"exact": "POST"}}]}
    allow = {"header": {"key": "allow", "value": "POST"}}
    return [
        _route(f"mcp:{name}", posted, facts, {RBAC: per_route(rules, track_per_rule_stats=True)})
        | _to(door, door.cluster(name), prefix_rewrite="/mcp"),
        # Our servers keep no stream open outside a call: a client that tries by GET hears so in a form it knows.
        _route(f"mcp:{name}:get", {"path": path}, facts, {RBAC: OFF, MCP: NOT_MCP})
        | {"direct_response": {"status": 405}, "response_headers_to_add": [allow]},
    ]


def _registry(door: Door) -> list[Json]:
    return [
        _api(door),
        _page(door, "home", {"path": "/"}),
        *[
            _page(door, name, {"path_separated_prefix": f"/{name}"})
            for name in ("login", "logout", "servers", "static")
        ],
        *[
            _page(door, name, {"path_separated_prefix": f"/{name}"}, any_origin=True)
            for name in ("v0.1", ".well-known")
        ],
    ]


def _api(door: Door) -> Json:
    facts = _facts(
        server=REGISTRY,
        rule="registry/api",
        how_to_ask=f"see {door.base}",
        resource_metadata=door.resource_metadata("/api"),
    )
    route = _route("registry:api", {"path_separated_prefix": "/api"}, facts, {RBAC: OFF, MCP: NOT_MCP})
    return route | _to(door, REGISTRY)


def _page(door: Door, name: str, match: Json, *, any_origin: bool = False) -> Json:
    facts = _facts(server=REGISTRY, rule=f"registry/{name}", how_to_ask=f"see {door.base}")
    off = {JWT: NO_TOKEN, CLIENT: OFF, RBAC: OFF, MCP: NOT_MCP} | ({FRONT: OFF} if any_origin else {})
    route = _route(f"registry:{name}", match, facts, off) | _to(door, REGISTRY)
    return route | {"request_headers_to_remove": list(IDENTITY_HEADERS)}


def _nothing_else(door: Door) -> Json:
    facts = _facts(rule="registered", resource_metadata=door.resource_metadata(""))
    route = _route("nothing", {"prefix": "/"}, facts, {RBAC: OFF, MCP: NOT_MCP})
    return route | {"direct_response": {"status": 404}}


def _misdirected() -> Json:
    off = {JWT: NO_TOKEN, FRONT: OFF, CLIENT: OFF, RBAC: OFF, MCP: NOT_MCP}
    route = {"name": "misdirected", "match": {"prefix": "/"}, "direct_response": {"status": 421}}
    return {"name": "misdirected", "domains": ["*"], "typed_per_filter_config": off, "routes": [route]}


def _route(name: str, match: Json, facts: Json, filters: Json) -> Json:
    return {"name": name, "match": match, "metadata": facts, "typed_per_filter_config": filters}


def _facts(**facts: str) -> Json:
    """What refusals and the access log say of a route."""
    return {"filter_metadata": {"seedbed": facts}}


def _to(door: Door, cluster: str, **rewrite: str) -> Json:
    action: Json = {
        "cluster": cluster,
        "host_rewrite_literal": door.authority,
        **rewrite,
        # A stream may last; what bounds it is silence, and an hour.
        "timeout": "0s",
        "idle_timeout": "300s",
        "max_stream_duration": {"max_stream_duration": "3600s"},
        # Only what certainly never reached the server is sent again.
        "retry_policy": {"retry_on": "connect-failure", "num_retries": 1},
    }
    return {"route": action}
