"""What a virtual host asks of everybody, whatever they call: the page they come from, their token and its client."""

from gateway.compile import cel
from gateway.compile.door import Door
from gateway.compile.terms import ANYBODY, Json
from gateway.compile.who import using

FOREIGN_ORIGIN = "origin"
STALE_TOKEN = "token"  # noqa: S105  # the name of a rule
FOREIGN_CLIENT = "client"
SAID_TWICE = "twice"
"""Names of rules, which the replies know again."""

LISTS = ("groups", "business_groups", "roles")


def origin_rules(door: Door) -> Json:
    """Refuse a page from elsewhere: a request without Origin passes, another must be on the list."""
    listed = [{"header": {"name": "origin", "string_match": {"exact": origin}}} for origin in door.origins]
    present: Json = {"header": {"name": "origin", "present_match": True}}
    foreign: list[Json] = [present, *([{"not_rule": {"or_rules": {"rules": listed}}}] if listed else [])]
    return _deny({FOREIGN_ORIGIN: {"permissions": [{"and_rules": {"rules": foreign}}], "principals": [ANYBODY]}})


def client_rules(door: Door, max_lifetime: int) -> Json:
    """Refuse a token that is not for this door or out of shape, a header said twice, a channel nobody vouches for.

    Written as "deny whoever is not", so that an absent claim fails closed and the rule has a name in log and reply.
    """
    channel: Json = {"header": {"name": "x-seedbed-channel", "present_match": True}}
    return _deny(
        {
            f"{FOREIGN_CLIENT}-{door.name}": _rule(ANYBODY, {"not_id": using(door.clients)}),
            f"channel-{door.name}": _rule(channel),
            STALE_TOKEN: _rule() | {"condition": _stale(max_lifetime)},
            SAID_TWICE: _rule() | {"condition": _said_twice()},
        }
    )


def _stale(max_lifetime: int) -> Json:
    # Envoy's own checks find "Bearer " anywhere in all Authorization headers together, allow a clock skew on `exp`,
    # measure what is left of a life and not the whole, and take a claim of any type, over which a `not` would open.
    issued, expires = cel.claim_value("iat"), cel.claim_value("exp")
    authorization = cel.request_header("authorization")
    return cel.either(
        cel.starts_otherwise(authorization, "Bearer "),
        cel.contains(authorization, ","),
        cel.lacks(cel.claims(), "iat"),
        cel.above(cel.difference(expires, issued), max_lifetime),
        cel.not_after(expires, cel.now()),
        *[cel.either(cel.lacks(cel.claims(), name), cel.no_list(cel.claim_value(name))) for name in LISTS],
    )


def _said_twice() -> Json:
    # Envoy's MCP filter reads the first value and a server may read the last. A comma is how CEL sees two values;
    # only the URI of a resource may have one of its own.
    method, name = cel.request_header("mcp-method"), cel.request_header("mcp-name")
    return cel.either(
        cel.contains(method, ","),
        cel.contains(cel.request_header("mcp-protocol-version"), ","),
        cel.both(cel.contains(name, ","), cel.differs(method, "resources/read")),
    )


def _rule(permission: Json = ANYBODY, who: Json = ANYBODY) -> Json:
    return {"permissions": [permission], "principals": [who]}


def _deny(policies: Json) -> Json:
    return {"action": "DENY", "policies": policies}
