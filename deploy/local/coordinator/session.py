"""What a client says about itself with each statement, in `X-Trino-...` headers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self
from urllib.parse import unquote_plus
from zoneinfo import available_timezones

_CREDENTIALS = ("authorization", "proxy-authorization", "cookie", "x-trino-extra-credential")


@dataclass(frozen=True, kw_only=True)
class Session:
    """Who asks, from which program, with which defaults."""

    user: str
    original_user: str
    source: str | None = None
    catalog: str | None = None
    schema: str | None = None
    time_zone: str = "UTC"
    client_tags: tuple[str, ...] = ()
    client_info: str | None = None
    trace_token: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict[str, str])
    prepared: Mapping[str, str] = field(default_factory=dict[str, str])
    header_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self | None:
        """Read the headers (names in lower case), or None where nobody is named."""
        user = headers.get("x-trino-user") or headers.get("x-trino-original-user")
        if not user:
            return None
        zone = headers.get("x-trino-time-zone", "UTC")
        return cls(
            user=user,
            original_user=headers.get("x-trino-original-user") or user,
            source=headers.get("x-trino-source"),
            catalog=(headers.get("x-trino-catalog") or "").lower() or None,
            schema=(headers.get("x-trino-schema") or "").lower() or None,
            time_zone=zone if zone in _zones() else "UTC",
            client_tags=tuple(_listed(headers.get("x-trino-client-tags", ""))),
            client_info=headers.get("x-trino-client-info"),
            trace_token=headers.get("x-trino-trace-token"),
            properties=_pairs(headers.get("x-trino-session", "")),
            prepared=_pairs(headers.get("x-trino-prepared-statement", "")),
            header_names=tuple(sorted(set(headers))),
        )

    def facts(self) -> dict[str, Any]:
        """The `session` of a query's description: names and ids, never the value of a credential."""
        return {
            "user": self.user,
            "originalUser": self.original_user,
            "principal": None,
            "source": self.source,
            "catalog": self.catalog,
            "schema": self.schema,
            "timeZoneKey": self.time_zone,
            "clientTags": list(self.client_tags),
            "clientInfo": self.client_info,
            "traceToken": self.trace_token,
            "systemProperties": dict(self.properties),
            # Not Trino's: lets a test see that a caller kept its token to itself.
            "headerNames": list(self.header_names),
            "credentialsReceived": any(name in self.header_names for name in _CREDENTIALS),
        }


def _listed(header: str) -> Iterable[str]:
    return (item for part in header.split(",") if (item := part.strip()))


def _pairs(header: str) -> dict[str, str]:
    named = (item.partition("=") for item in _listed(header))
    return {unquote_plus(name): unquote_plus(value) for name, sign, value in named if sign}


@cache
def _zones() -> set[str]:
    return available_timezones()
