"""Who is calling, as far as this platform believes it."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A verified caller. It holds no token: nothing here can be replayed against another part."""

    subject: str
    """The login as in the directory; empty for a service."""
    kind: Literal["person", "service"] = "person"
    groups: frozenset[str] = frozenset()
    business_groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    employment: str = ""
    """`employee`, `contractor` or `service`."""
    client: str
    """The OAuth client that the token was issued to (`azp`); empty for a service."""
    surface: str
    """Where the person works: the surface that the client belongs to."""
    channel: str | None = None
    """Where in the surface the person speaks, as a surface says that may vouch for it."""
    workload: str | None = None
    """SPIFFE id of the workload that carries the call; None where a person's own client calls."""
    token_id: str = ""
    """`jti`, so that a record can be joined with the issuer's log."""
    expires_at: float
    """Seconds since the epoch after which this principal is nobody."""

    @classmethod
    def service(cls, spiffe_id: str) -> "Principal":
        """A workload that calls for itself, with no person behind it."""
        return cls(
            subject="", kind="service", employment="service", client="", surface="service", workload=spiffe_id,
            expires_at=math.inf,
        )  # fmt: skip
