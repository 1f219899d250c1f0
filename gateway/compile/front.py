"""What a virtual host asks of everybody, whatever they call: page, certificate, token, client and channel."""

from collections.abc import Iterable

from gateway.compile import cel
from gateway.compile.door import Door
from gateway.compile.terms import (
    ANYBODY,
    CERTIFICATE,
    CHANNEL,
    HAS_TOKEN,
    Json,
    all_ids,
    any_id,
    claim,
    deny,
    header,
    is_not,
    one_of,
    rule,
    workload,
)
from gateway.compile.who import using

FOREIGN_ORIGIN = "origin"
FOREIGN_CLIENT = "client"
UNPROVEN = "identity"
UNVOUCHED = "channel"
SUSPENDED_PERSON = "suspended-person"
STALE_TOKEN = "token"  # noqa: S105  # the name of a rule
SAID_TWICE = "twice"
"""Names of rules, which the replies know again."""

ONE_IDENTITY = "(By=[^;,]*;)?Hash=[0-9a-f]*;URI=spiffe://{trust_domain}/[^;,]+"
"""What Envoy writes of a certificate that names one workload; a second name follows after another semicolon."""


def origin_rules(door: Door) -> Json:
    """Refuse a page from elsewhere: a request without Origin passes, another must be on the list."""
    listed = [header("origin", string_match={"exact": origin}) for origin in door.origins]
    present = header("origin", present_match=True)
    foreign: list[Json] = [present, *([{"not_rule": {"or_rules": {"rules": listed}}}] if listed else [])]
    return deny({FOREIGN_ORIGIN: rule({"and_rules": {"rules": foreign}})})


def client_rules(door: Door, max_lifetime: int, suspended: Iterable[str], *, token_needed: bool = True) -> Json:
    """Refuse a token that is not for this door or this workload or out of shape, a header said twice, a channel that
    nobody vouches for, a certificate with two names, and the people in `suspended`.

    Written as "deny whoever is not", so that an absent claim fails closed and the rule has a name in log and reply.
    Without a token that is needed all of its claims are absent.
    """
    people = sorted(suspended)
    rules = {
        FOREIGN_CLIENT: rule(who=_foreign(door) if token_needed else all_ids(HAS_TOKEN, _foreign(door))),
        UNVOUCHED: rule(header(CHANNEL, present_match=True), is_not(_vouched(door))),
        STALE_TOKEN: rule() | {"condition": _stale(door, max_lifetime)},
        SAID_TWICE: rule() | {"condition": _said_twice()},
    }
    if door.meshed:
        one = ONE_IDENTITY.format(trust_domain=door.trust_domain.replace(".", r"\."))
        proven = header(CERTIFICATE, string_match={"safe_regex": {"regex": one}})
        rules[UNPROVEN] = rule({"not_rule": proven})
    if people:
        rules[SUSPENDED_PERSON] = rule(who=claim(door.claims.subject, one_of(people)))
    return deny(rules)


def _foreign(door: Door) -> Json:
    if not door.meshed:
        return is_not(using(door.clients, door))
    pairs = [
        all_ids(using([azp], door), workload(spiffe_id))
        for azp, client in sorted(door.clients.items())
        if (spiffe_id := client.spiffe_id(door.trust_domain))
    ]
    return all_ids(HAS_TOKEN, is_not(any_id(*pairs)))


def _vouched(door: Door) -> Json:
    """A surface that speaks for a person in a channel: nobody else has one."""
    return all_ids(HAS_TOKEN, any_id(*map(workload, door.vouching))) if door.vouching else is_not(ANYBODY)


def _stale(door: Door, max_lifetime: int) -> Json:
    # Envoy's own checks find "Bearer " anywhere in all Authorization headers together, allow a clock skew on `exp`,
    # measure what is left of a life and not the whole, and take a claim of any type, over which a `not` would open.
    # Where there is no token, which only the mesh allows, none of this holds.
    issued, expires = cel.claim_value("iat"), cel.claim_value("exp")
    authorization = cel.request_header("authorization")
    lists = (door.claims.groups, door.claims.business_groups, door.claims.roles)
    return cel.either(
        cel.starts_otherwise(authorization, "Bearer "),
        cel.contains(authorization, ","),
        cel.lacks(cel.claims(), "iat"),
        cel.above(cel.difference(expires, issued), max_lifetime),
        cel.not_after(expires, cel.now()),
        *[cel.either(cel.lacks(cel.claims(), name), cel.no_list(cel.claim_value(name))) for name in lists],
    )


def _said_twice() -> Json:
    # Envoy's filters match the first value or any, and a server may read the last. A comma is how CEL sees two values;
    # only the URI of a resource may have one of its own.
    called, name = cel.request_header("mcp-method"), cel.request_header("mcp-name")
    once = ("mcp-method", "mcp-protocol-version", CHANNEL)
    return cel.either(
        *[cel.contains(cel.request_header(known), ",") for known in once],
        cel.both(cel.contains(name, ","), cel.differs(called, "resources/read")),
    )
