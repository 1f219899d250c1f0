"""From a bearer token to a `Principal`: every check that makes a token believable."""

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import jwt
from jwt.types import Options

from platform_core.auth.clients import SURFACES
from platform_core.auth.jwks import ALGORITHMS, JwksFollower
from platform_core.auth.principal import Principal

SKEW = 30
"""Seconds that the issuer's clock may be ahead of ours."""
LAST_MOMENT = 2**53
"""Seconds; what is not before it (NaN and infinities are not) is no moment in time."""
MEMO_SECONDS = 60
MEMO_ENTRIES = 10_000
_CHECKS: Options = {
    "require": ["exp", "iat", "sub", "aud", "iss"],
    "verify_iat": False,  # `iat` and `nbf` are checked below, with an allowance for the issuer's clock
    "verify_nbf": False,
    "enforce_minimum_key_length": True,
}


class Unauthenticated(Exception):
    """The token proves nothing here. The text says why and holds no part of the token."""


class Verifier:
    """Verifies access tokens of one issuer for one audience (RFC 9068).

    A verified token is remembered for at most 60 s, never past its `exp`, and forgotten when the key set changes.
    """

    def __init__(
        self,
        keys: JwksFollower,
        *,
        issuer: str,
        audience: str,
        max_lifetime: int = 900,
        surfaces: Mapping[str, str] = SURFACES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience
        self._max_lifetime, self._surfaces, self._clock = max_lifetime, surfaces, clock
        self._memo: dict[bytes, tuple[Principal, float]] = {}
        self._generation = -1

    def verify(self, token: str) -> Principal:
        """Return who the token speaks for, or raise `Unauthenticated`."""
        if self._generation != self._keys.set.generation:
            self._memo.clear()
            self._generation = self._keys.set.generation
        now, mark = self._clock(), hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._memo.get(mark)
        if known is not None and now < known[1]:
            return known[0]
        principal = self._principal(self._claims(token), now)
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

    def _principal(self, claims: dict[str, Any], now: float) -> Principal:
        issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
        if issued > now + SKEW or _moment(claims, "nbf", default=issued) > now + SKEW:
            raise Unauthenticated("the token is from the future")
        if expires <= now:
            raise Unauthenticated("the token has expired")
        if expires - issued > self._max_lifetime:
            raise Unauthenticated(f"the token lives longer than {self._max_lifetime} s")
        client = _text(claims, "azp")
        surface = self._surfaces.get(client)
        if surface is None:
            raise Unauthenticated("the token's client (azp) is not one of this platform's")
        return Principal(
            subject=_text(claims, "sub"),
            groups=_names(claims, "groups"),
            business_groups=_names(claims, "business_groups"),
            roles=_names(claims, "roles"),
            employment=_text(claims, "employment"),
            client=client,
            surface=surface,
            token_id=_text(claims, "jti"),
            expires_at=expires,
        )


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
