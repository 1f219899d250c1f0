"""The chain of HTTP filters that every request walks, in this order."""

from gateway.compile.door import Door, Issuer, Limits
from gateway.compile.terms import (
    CERTIFICATE,
    CHANNEL,
    CLIENT,
    CLOSED,
    FRONT,
    JWT,
    MCP,
    NOTHING,
    RBAC,
    Json,
    extension,
    put_header,
)

TRACE = "seedbed.trace"
VOUCHED = "seedbed.channel"
IDENTITY = "envoy.filters.http.header_mutation"
CLOCK_SKEW = 30
"""Seconds that the issuer's clock may be off."""
LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of one message. Never 0, which means "no limit" and hangs on large bodies."""
PERSON, OPTIONAL = "person", "optional"
"""Requirements by which a route says whether it needs a token; a bad one is refused under both."""

SPOOFABLE = (
    "forwarded",
    CERTIFICATE,
    "x-forwarded-groups",
    "x-forwarded-host",
    "x-forwarded-server",
    "x-forwarded-surface",
    "x-forwarded-user",
    CHANNEL,
    "x-seedbed-trace",
)
"""Headers that say who calls: whatever the caller sent is removed before any filter runs."""


def stripped(door: Door) -> tuple[str, ...]:
    """What is removed at `door` from every request. Where a surface may vouch for a channel, a filter looks at whose
    request it is first."""
    return tuple(name for name in SPOOFABLE if name != CHANNEL or not door.vouching)


def http_filters(door: Door, issuer: Issuer, limits: Limits) -> list[Json]:
    """Default deny: each RBAC filter refuses everything until the route table says otherwise."""
    forwarded = {"groups": door.claims.groups, "surface": door.claims.client}
    return [
        _set_headers(TRACE, {"x-seedbed-trace": "%TRACE_ID%"}),
        _rbac(FRONT, "front_"),
        _jwt(door, issuer),
        # A list arrives as JSON text. The person comes from the JWT filter itself.
        _set_headers(IDENTITY, {f"x-forwarded-{name}": _claim(of) for name, of in forwarded.items()}),
        *([_strip_channel(door.vouching)] if door.vouching else []),
        _rbac(CLIENT, "client_"),
        _mcp(),
        _rbac(CLOSED, "closed_"),
        _rbac(RBAC, "enforce_"),
        _per_person(door, limits),
        {"name": "envoy.filters.http.router", "typed_config": extension("filters.http.router.v3.Router")},
    ]


def _claim(name: str) -> str:
    return f"%DYNAMIC_METADATA({JWT}:jwt:{name})%"


def _set_headers(name: str, headers: dict[str, str]) -> Json:
    mutations = [{"append": put_header(key, value)} for key, value in headers.items()]
    return {"name": name, "typed_config": _mutation(mutations)}


def _mutation(mutations: list[Json]) -> Json:
    return extension("filters.http.header_mutation.v3.HeaderMutation", mutations={"request_mutations": mutations})


def _strip_channel(vouching: tuple[str, ...]) -> Json:
    """Remove the channel, unless the caller is one of `vouching`. Never to be overridden by a route: that would switch
    it off for everybody."""
    uri = {"name": "uri_san", "typed_config": extension("matching.common_inputs.ssl.v3.UriSanInput")}
    skip = {"name": "skip", "typed_config": extension("filters.common.matcher.action.v3.SkipFilter")}
    trusted = [
        {
            "predicate": {"single_predicate": {"input": uri, "value_match": {"exact": spiffe_id}}},
            "on_match": {"action": skip},
        }
        for spiffe_id in vouching
    ]
    config = extension(
        "common.matching.v3.ExtensionWithMatcher",
        extension_config={"name": IDENTITY, "typed_config": _mutation([{"remove": CHANNEL}])},
        xds_matcher={"matcher_list": {"matchers": trusted}},
    )
    return {"name": VOUCHED, "typed_config": config}


def _rbac(name: str, prefix: str) -> Json:
    config = extension(
        "filters.http.rbac.v3.RBAC",
        rules=NOTHING,
        rules_stat_prefix=prefix,
        shadow_rules_stat_prefix=f"{prefix}shadow_",
    )
    return {"name": name, "typed_config": config}


def _jwt(door: Door, issuer: Issuer) -> Json:
    provider: Json = {
        "issuer": issuer.issuer,
        "audiences": [issuer.audience],
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        "require_expiration": True,
        "max_lifetime": f"{issuer.max_lifetime}s",
        "clock_skew_seconds": CLOCK_SKEW,
        "forward": True,
        "payload_in_metadata": "jwt",
        "failed_status_in_metadata": "jwt_failure",
        "claim_to_headers": [{"header_name": "x-forwarded-user", "claim_name": door.claims.subject}],
        # No token cache: a cached token would outlive the key that signed it.
        "remote_jwks": {
            "http_uri": {"uri": issuer.jwks_url, "cluster": "issuer", "timeout": "1s"},
            "cache_duration": f"{issuer.jwks_seconds:g}s",
            "async_fetch": {"fast_listener": False, "failed_refetch_duration": "1s"},
        },
    }
    needed: Json = {"provider_name": "issuer"}
    config = extension(
        "filters.http.jwt_authn.v3.JwtAuthentication",
        providers={"issuer": provider},
        requirement_map={
            PERSON: needed,
            OPTIONAL: {"requires_any": {"requirements": [needed, {"allow_missing": {}}]}},
        },
        rules=[{"match": {"prefix": "/"}, "requirement_name": PERSON}],
    )
    return {"name": JWT, "typed_config": config}


def _mcp() -> Json:
    config = extension(
        "filters.http.mcp.v3.Mcp",
        traffic_mode="REJECT_NO_MCP",
        attribute_source="VERIFY",
        max_request_body_size=LARGEST_BODY,
        reject_duplicate_keys=True,
    )
    return {"name": MCP, "typed_config": config}


def _per_person(door: Door, limits: Limits) -> Json:
    """One bucket per person, drained by allowed calls only."""
    person = {"key": JWT, "path": [{"key": "jwt"}, {"key": door.claims.subject}]}
    action = {"metadata": {"descriptor_key": "person", "source": "DYNAMIC", "metadata_key": person}}
    always: Json = {"default_value": {"numerator": 100}}
    config = extension(
        "filters.http.local_ratelimit.v3.LocalRateLimit",
        stat_prefix="per_person",
        status={"code": 429},
        filter_enabled=always,
        filter_enforced=always,
        token_bucket=_bucket(1_000_000, 1_000_000),
        always_consume_default_token_bucket=False,
        max_dynamic_descriptors=10_000,
        enable_x_ratelimit_headers="DRAFT_VERSION_03",
        enable_retry_after_header=True,
        rate_limits=[{"actions": [action]}],
        # A descriptor without a value: every distinct person gets a bucket.
        descriptors=[{"entries": [{"key": "person"}], "token_bucket": _bucket(limits.burst, limits.calls_per_second)}],
    )
    return {"name": "envoy.filters.http.local_ratelimit", "typed_config": config}


def _bucket(most: int, per_second: int) -> Json:
    return {"max_tokens": most, "tokens_per_fill": per_second, "fill_interval": "1s"}
