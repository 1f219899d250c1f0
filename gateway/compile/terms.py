"""How Envoy says it: names of filters, and the few phrases that rules are made of."""

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
"""A message of Envoy's API in its JSON form."""

TYPE = "type.googleapis.com/"

JWT = "envoy.filters.http.jwt_authn"
MCP = "envoy.filters.http.mcp"
RBAC = "envoy.filters.http.rbac"
FRONT = "seedbed.front"
"""Refuses foreign Origins before anything else is looked at."""
CLIENT = "seedbed.client"
"""Refuses tokens that are not for this listener."""

ANYBODY: Json = {"any": True}
NOBODY: Json = {"not_id": ANYBODY}


def extension(name: str, **fields: Any) -> Json:
    """A message of one of Envoy's extensions."""
    return {"@type": f"{TYPE}envoy.extensions.{name}", **fields}


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


def any_id(*ids: Json) -> Json:
    """One of these; nobody, if there are none (Envoy takes no empty list)."""
    return NOBODY if not ids else ids[0] if len(ids) == 1 else {"or_ids": {"ids": list(ids)}}


def all_ids(first: Json, *others: Json) -> Json:
    """All of these at once."""
    return {"and_ids": {"ids": [first, *others]}} if others else first


def put_header(name: str, value: str) -> Json:
    """Set a header, whatever it was before."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
