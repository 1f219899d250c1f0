"""Who is calling, as far as this platform believes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A verified caller. It holds no token: nothing here can be replayed against another part."""

    subject: str
    """The login as in the directory."""
    groups: frozenset[str] = frozenset()
    business_groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    employment: str = ""
    """`employee`, `contractor` or `service`."""
    client: str
    """The OAuth client that the token was issued to (`azp`)."""
    surface: str
    """Where the person works: the surface that the client belongs to."""
    token_id: str = ""
    """`jti`, so that a record can be joined with the issuer's log."""
    expires_at: float
    """Seconds since the epoch after which this principal is nobody."""
