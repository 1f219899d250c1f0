"""From a bearer token to a `Principal`: every check that makes a token believable."""

import hashlib
import time
from collections.abc import Callable
from typing import Any, cast

import jwt
from jwt.types import Options

from platform_core.auth.clients import CLIENTS, Clients, Environment, OAuthClient
from platform_core.auth.jwks import ALGORITHMS, JwksFollower
from platform_core.auth.principal import Principal
from platform_core.auth.settings import STANDARD_CLAIMS, AuthSettings, ClaimNames

SKEW = 30
"""Seconds that the issuer's clock may be ahead of ours."""
LAST_MOMENT = 2**53
"""Seconds; what is not before it (NaN and infinities are not) is no moment in time."""
MEMO_SECONDS = 60
MEMO_ENTRIES = 10_000
_CHECKS: Options = {
    "require": ["exp", "iat", "aud", "iss"],
    "verify_sub": False,  # who it is stands in the claim that the settings name
    "verify_iat": False,  # `iat` and `nbf` are checked below, with an allowance for the issuer's clock
    "verify_nbf": False,
    "enforce_minimum_key_length": True,
}


class Unauthenticated(Exception):
    """The token proves nothing here. The text says why and holds no part of the token."""


class ForeignClient(Exception):
    """The token is good, but its client has no business here, or not by this way in."""


class Verifier:
    """Verifies access tokens of one issuer for one audience (RFC 9068), presented in one environment.

    A verified token is remembered for at most 60 s, never past its `exp`, and forgotten when the key set changes.
    """

    def __init__(
        self,
        keys: JwksFollower,
        *,
        issuer: str,
        audience: str,
        max_lifetime: int = 900,
        environment: Environment = "production",
        clients: Clients = CLIENTS,
        claims: ClaimNames = STANDARD_CLAIMS,
        trust_domain: str = "seedbed.internal",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience
        self._max_lifetime, self._clients, self._claim, self._clock = max_lifetime, clients, claims, clock
        self._environment, self.trust_domain = environment, trust_domain
        self._memo: dict[tuple[bytes, str | None, str | None], tuple[Principal, float]] = {}
        self._generation = -1

    @classmethod
    def of(
        cls,
        keys: JwksFollower,
        auth: AuthSettings,
        environment: Environment,
        *,
        clock: Callable[[], float] = time.time,
    ) -> "Verifier":
        """The verifier that the settings describe."""
        return cls(
            keys, issuer=auth.issuer, audience=auth.audience, max_lifetime=auth.max_lifetime, environment=environment,
            clients=auth.clients, claims=auth.claims, trust_domain=auth.trust_domain, clock=clock,
        )  # fmt: skip

    def client(self, azp: str) -> OAuthClient | None:
        """The OAuth client of that name, where it has business in this environment."""
        found = self._clients.get(azp)
        return found if found is not None and found.environment == self._environment else None

    def verify(self, token: str, *, workload: str | None = None, channel: str | None = None) -> Principal:
        """Return who the token speaks for, carried by `workload`, speaking in `channel`.

        Raises `Unauthenticated`, and `ForeignClient` where this workload may not present this client's tokens here.
        """
        if self._generation != self._keys.set.generation:
            self._memo.clear()
            self._generation = self._keys.set.generation
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        now, mark = self._clock(), (digest, workload, channel)
        known = self._memo.get(mark)
        if known is not None and now < known[1]:
            return known[0]
        principal = self._principal(self._claims(token), now, workload, channel)
        if len(self._memo) >= MEMO_ENTRIES:
            self._memo.clear()
        self._memo[mark] = (principal, min(now + MEMO_SECONDS, principal.expires_at))
        return principal

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated("the token is not a JWT") from None
        key = self._keys.set.keys.get(str(header.get("kid")))
        if key is None:
            self._keys.want()
            raise Unauthenticated("the token was signed by a key that is not in the issuer's key set")
        if header.get("alg") != key.algorithm_name or key.algorithm_name not in ALGORITHMS:
            raise Unauthenticated("the token's algorithm is not the one of its key")
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                options=_CHECKS,
            )
        except (jwt.PyJWTError, OverflowError) as error:
            raise Unauthenticated(f"the token is refused: {error}") from None

    def _principal(self, claims: dict[str, Any], now: float, workload: str | None, channel: str | None) -> Principal:
        expires = self._in_time(claims, now)
        name, client = self._claim, _text(claims, self._claim.client)
        surface = self._surface(client, workload, channel)
        return Principal(
            subject=_text(claims, name.subject),
            groups=_names(claims, name.groups),
            business_groups=_names(claims, name.business_groups),
            roles=_names(claims, name.roles),
            employment=_text(claims, name.employment),
            client=client,
            surface=surface,
            channel=channel,
            workload=workload,
            token_id=_text(claims, "jti"),
            expires_at=expires,
        )

    def _in_time(self, claims: dict[str, Any], now: float) -> float:
        issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
        if issued > now + SKEW or _moment(claims, "nbf", default=issued) > now + SKEW:
            raise Unauthenticated("the token is from the future")
        if expires <= now:
            raise Unauthenticated("the token has expired")
        if expires - issued > self._max_lifetime:
            raise Unauthenticated(f"the token lives longer than {self._max_lifetime} s")
        return expires

    def _surface(self, client: str, workload: str | None, channel: str | None) -> str:
        known = self._clients.get(client)
        if known is None:
            raise ForeignClient("the token's client (azp) is not one of this platform's")
        if known.environment != self._environment:
            raise ForeignClient(f"the token's client belongs to {known.environment}, and this is {self._environment}")
        if known.spiffe_id(self.trust_domain) != workload:
            raise ForeignClient("the token's client is not one that this way in, or this workload, may present")
        if channel is not None and not known.vouches_for_channel:
            raise ForeignClient("this surface does not say in which channel a person speaks")
        return known.surface


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise Unauthenticated(f"the token's claim {name} is missing or not text")
    return value


def _names(claims: dict[str, Any], name: str) -> frozenset[str]:
    value = claims.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
        raise Unauthenticated(f"the token's claim {name} is missing or not a list of names")
    return frozenset(cast("list[str]", value))


def _moment(claims: dict[str, Any], name: str, *, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LAST_MOMENT:
        raise Unauthenticated(f"the token's claim {name} is missing or not a moment in time")
    return float(value)
