"""The routes of one door: its servers, the registry where it is reached from here, and nothing else."""

import json
from collections.abc import Iterable

from gateway.compile.closed import Closed
from gateway.compile.clusters import REGISTRY
from gateway.compile.door import Door, Issuer
from gateway.compile.filters import OPTIONAL
from gateway.compile.front import client_rules, origin_rules
from gateway.compile.rbac import server_rules
from gateway.compile.terms import CLIENT, CLOSED, FRONT, JWT, MCP, NOTHING, RBAC, Json, extension, per_route
from platform_core.policy.artefact import PolicyArtefact

IDENTITY_HEADERS = (
    *("authorization", "x-forwarded-groups", "x-forwarded-surface", "x-forwarded-user"),
    *("x-forwarded-client-cert", "x-seedbed-channel"),
)
"""What a route without a token never hands on (cookies stay: pages have their own session)."""

NOT_MCP = extension("filters.http.mcp.v3.McpOverride", traffic_mode="NOOP")
NO_TOKEN = extension("filters.http.jwt_authn.v3.PerRouteConfig", disabled=True)
TOKEN_IF_ANY = extension("filters.http.jwt_authn.v3.PerRouteConfig", requirement_name=OPTIONAL)
OFF = per_route()
OPEN = {JWT: NO_TOKEN, CLIENT: OFF, RBAC: OFF, MCP: NOT_MCP}
"""For whoever comes, without a token."""

OFFICIAL = "/v0.1"
_LETTER = r"(?:[^/%]|%(?:[013-46-9A-Fa-f][0-9A-Fa-f]|2[0-9A-Ea-e]|5[0-9ABD-Fabd-f]))"
OFFICIAL_NAME = rf"/v0\.1/servers/{_LETTER}+%2[Ff]{_LETTER}+(?:/{_LETTER}*)*"
"""A path with one name in it whose one slash is encoded."""
PAGES = (
    *("login", "logout", "static", "servers", "experiments", "inbox", "approvals", "reviews", "impact", "audit"),
    *("suspensions", "me", "guide"),
)
DISCOVERY = ".well-known"
"""What pages from anywhere may read."""
NO_PATH = r".*%(?:2[Ff]|5[Cc]).*"
"""A slash or backslash in hiding: one part would see it where another does not."""


def frame(door: Door, issuer: Issuer, suspended: Iterable[str]) -> Json:
    """The virtual host of `door`, to be completed by its servers' routes: what everybody is asked for first."""
    return {
        "name": "main",
        "domains": [door.domain],
        "typed_per_filter_config": {
            FRONT: per_route(origin_rules(door)),
            CLIENT: per_route(client_rules(door, issuer.max_lifetime, suspended)),
            CLOSED: OFF,
        },
    }


def server_routes(door: Door, issuer: Issuer, artefact: PolicyArtefact, closed: Closed) -> list[Json]:
    """The way to one server, of which `closed` is closed now."""
    name, path = artefact.server, f"/mcp/{artefact.server}"
    facts = _facts(
        server=name,
        rule=f"{name}/{closed.whole or 'default-deny'}",
        how_to_ask=f"{artefact.how_to_ask}, or see {door.page(name)}",
        resource_metadata=door.resource_metadata(path),
        **({"suspended": closed.reason} if closed.reason else {}),
    )
    rules = NOTHING if closed.whole else server_rules(artefact, closed.services, door)
    shut = closed.rules(name, door)
    filters = {
        RBAC: per_route(rules),
        **({CLOSED: per_route(shut)} if shut else {}),
        **({JWT: TOKEN_IF_ANY} if door.meshed else {}),
    }
    posted = {"path": path, "headers": [{"name": ":method", "string_match": {"exact": "POST"}}]}
    allow = {"header": {"key": "allow", "value": "POST"}}
    return [
        _route(f"mcp:{name}", posted, facts, filters) | _to(door, door.cluster(name), prefix_rewrite="/mcp"),
        # Our servers keep no stream open outside a call: a client that tries by GET hears so in a form it knows.
        _route(f"mcp:{name}:get", {"path": path}, facts, {RBAC: OFF, MCP: NOT_MCP})
        | {"direct_response": {"status": 405}, "response_headers_to_add": [allow]},
        *([] if door.leads_to_registry else [_who_logs_in(door, issuer, path)]),
    ]


def other_routes(door: Door, issuer: Issuer, suspended: Iterable[str]) -> list[Json]:
    """Everything that is no server."""
    if not door.leads_to_registry:
        return [_who_logs_in(door, issuer, ""), _nothing_else(door)]
    if not door.shows_pages:
        return [_preflight(door), _api(door), _nothing_else(door)]
    return [
        *_catalogue_of_ides(door, issuer, suspended),
        _api(door),
        _page(door, "home", {"path": "/"}),
        *[_page(door, name, {"path_separated_prefix": f"/{name}"}) for name in PAGES],
        _page(door, DISCOVERY, {"path_separated_prefix": f"/{DISCOVERY}"}, any_origin=True),
        _nothing_else(door),
    ]


def misdirected() -> Json:
    """Whoever names another host is told so."""
    off = OPEN | {FRONT: OFF, CLOSED: OFF}
    route = {"name": "misdirected", "match": {"prefix": "/"}, "direct_response": {"status": 421}}
    return {"name": "misdirected", "domains": ["*"], "typed_per_filter_config": off, "routes": [route]}


def _api(door: Door) -> Json:
    facts = _facts(
        server=REGISTRY,
        rule="registry/api",
        how_to_ask=f"see {door.registry}",
        resource_metadata=door.resource_metadata("/api"),
    )
    route = _route("registry:api", {"path_separated_prefix": "/api"}, facts, {RBAC: OFF, MCP: NOT_MCP})
    return route | _to(door, REGISTRY)


def _preflight(door: Door) -> Json:
    """A service may ask in its own name: the registry knows which one may."""
    route = _api(door)
    filters = route["typed_per_filter_config"] | {JWT: TOKEN_IF_ANY}
    match = {"path": "/api/preflight"}
    return route | {"name": "registry:preflight", "match": match, "typed_per_filter_config": filters}


def _catalogue_of_ides(door: Door, issuer: Issuer, suspended: Iterable[str]) -> list[Json]:
    """The official registry's API: for anybody from any page, and for a person who shows a token that holds.

    A name there has a slash in it, which clients encode; everywhere else, and these routes come first, that is no path.
    """
    facts = _facts(
        server=REGISTRY,
        rule="registry/v0.1",
        how_to_ask=f"see {door.registry}",
        resource_metadata=door.resource_metadata("/api"),
        readable_from="*",
    )
    client = client_rules(door, issuer.max_lifetime, suspended, token_needed=False)
    filters = {FRONT: OFF, JWT: TOKEN_IF_ANY, CLIENT: per_route(client), RBAC: OFF, MCP: NOT_MCP}
    matches = {
        "names": {"safe_regex": {"regex": OFFICIAL_NAME}},
        "hidden": {"safe_regex": {"regex": NO_PATH}},
        "v0.1": {"path_separated_prefix": OFFICIAL},
    }
    names, hidden, plain = (_route(f"registry:{name}", match, facts, filters) for name, match in matches.items())
    refused = {"direct_response": {"status": 400}, "typed_per_filter_config": OPEN | {FRONT: OFF}}
    return [names | _to(door, REGISTRY), hidden | refused, plain | _to(door, REGISTRY)]


def _page(door: Door, name: str, match: Json, *, any_origin: bool = False) -> Json:
    facts = _facts(server=REGISTRY, rule=f"registry/{name}", how_to_ask=f"see {door.registry}")
    off = OPEN | ({FRONT: OFF} if any_origin else {})
    route = _route(f"registry:{name}", match, facts, off) | _to(door, REGISTRY)
    return route | {"request_headers_to_remove": list(IDENTITY_HEADERS)}


def _who_logs_in(door: Door, issuer: Issuer, path: str) -> Json:
    """Where the registry is not behind the door, it answers by itself who can log a client in (RFC 9728)."""
    document = {
        "resource": f"{door.base}{path}",
        "authorization_servers": [issuer.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["mcp"],
    }
    said = {"content-type": "application/json", "access-control-allow-origin": "*", "cache-control": "max-age=60"}
    facts = _facts(rule="discovery", how_to_ask=f"see {door.registry}")
    match = {"path": f"/.well-known/oauth-protected-resource{path}"}
    return _route(f"discovery:{path}", match, facts, OPEN | {FRONT: OFF}) | {
        "direct_response": {"status": 200, "body": {"inline_string": json.dumps(document)}},
        "response_headers_to_add": [{"header": {"key": key, "value": value}} for key, value in said.items()],
    }


def _nothing_else(door: Door) -> Json:
    facts = _facts(rule="registered", resource_metadata=door.resource_metadata(""))
    route = _route("nothing", {"prefix": "/"}, facts, {RBAC: OFF, MCP: NOT_MCP})
    return route | {"direct_response": {"status": 404}}


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
