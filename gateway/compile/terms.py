"""How Envoy says it: names of filters, and the few phrases that rules are made of."""

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
"""A message of Envoy's API in its JSON form."""

TYPE = "type.googleapis.com/"

JWT = "envoy.filters.http.jwt_authn"
MCP = "envoy.filters.http.mcp"
RBAC = "envoy.filters.http.rbac"
"""Opens what the reviews opened, and nothing else."""
FRONT = "seedbed.front"
"""Refuses foreign Origins before anything else is looked at."""
CLIENT = "seedbed.client"
"""Refuses tokens and workloads that are not for this listener."""
CLOSED = "seedbed.closed"
"""Refuses what was open and is closed for now, by a rule with a name."""

CHANNEL = "x-seedbed-channel"
CERTIFICATE = "x-forwarded-client-cert"

ANYBODY: Json = {"any": True}
NOBODY: Json = {"not_id": ANYBODY}
NOTHING: Json = {"action": "ALLOW", "policies": {}}
"""Rules under which nobody may do anything."""


def extension(name: str, **fields: Any) -> Json:
    """A message of one of Envoy's extensions."""
    return {"@type": f"{TYPE}envoy.extensions.{name}", **fields}


def deny(rules: Json) -> Json:
    """Whatever one of `rules` means is refused, and the rule's name is in the log."""
    return {"action": "DENY", "policies": {name: rules[name] for name in sorted(rules)}}


def rule(permission: Json = ANYBODY, who: Json = ANYBODY) -> Json:
    """What is done, and by whom."""
    return {"permissions": [permission], "principals": [who]}


def per_route(rules: Json | None = None) -> Json:
    """What a route or a virtual host asks of an RBAC filter; without rules the filter is off there."""
    return extension("filters.http.rbac.v3.RBACPerRoute", **({"rbac": {"rules": rules}} if rules else {}))


def one_of(values: Iterable[str]) -> Json:
    """A value that is exactly one of `values`."""
    found: list[Json] = [{"string_match": {"exact": value}} for value in values]
    return found[0] if len(found) == 1 else {"or_match": {"value_matchers": found}}


def metadata(source: str, path: Iterable[str], value: Json) -> Json:
    """What the filter `source` has found out about the request."""
    keys = [{"key": key} for key in path]
    return {"sourced_metadata": {"metadata_matcher": {"filter": source, "path": keys, "value": value}}}


def claim(name: str, value: Json) -> Json:
    """A claim of the verified token."""
    return metadata(JWT, ("jwt", name), value)


HAS_TOKEN = claim("iss", {"present_match": True})
"""The issuer is in every token that was verified."""


def header(name: str, **match: Any) -> Json:
    return {"header": {"name": name, **match}}


def method(*names: str) -> Json:
    """An MCP message of one of these methods."""
    return metadata(MCP, ("method",), one_of(names))


def naming(named: str, names: Iterable[str]) -> Json:
    """An MCP message of the method `named` for one of these tools or prompts."""
    return {"and_rules": {"rules": [method(named), metadata(MCP, ("params", "name"), one_of(sorted(names)))]}}


def any_id(*ids: Json) -> Json:
    """One of these; nobody, if there are none (Envoy takes no empty list)."""
    return NOBODY if not ids else ids[0] if len(ids) == 1 else {"or_ids": {"ids": list(ids)}}


def all_ids(first: Json, *others: Json) -> Json:
    """All of these at once."""
    return {"and_ids": {"ids": [first, *others]}} if others else first


def is_not(who: Json) -> Json:
    """Everybody but these."""
    return {"not_id": who}


def workload(spiffe_id: str) -> Json:
    """Whose certificate names this workload. A certificate with two names is refused before this is asked."""
    return {"authenticated": {"principal_name": {"exact": spiffe_id}}}


def put_header(name: str, value: str) -> Json:
    """Set a header, whatever it was before."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
