"""A verifier whose keys and clock the tests hold."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from platform_core.auth.jwks import JwksFollower
from platform_core.auth.tokens import ForeignClient, Unauthenticated, Verifier
from tests.platform_core.issuer import AUDIENCE, ISSUER, claims, elliptic_key, key_set, rsa_key


class Keys(JwksFollower):
    """The keys of the issuer as they were fetched once, and how often somebody asked for fresh ones."""

    def __init__(self) -> None:
        super().__init__("https://login.test/jwks")
        self.asked_for = 0
        self.set.replace(key_set(rsa=rsa_key(), curve=elliptic_key()))

    def want(self) -> None:
        self.asked_for += 1
        super().want()

    def forget(self) -> None:
        """Lose every key without anybody noticing: what is still believed was remembered."""
        self.set.keys = {}


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def a_verifier(keys: Keys, **changed: Any) -> Verifier:
    """A verifier of the issuer's tokens, with the settings that the test is about."""
    told: dict[str, Any] = {"issuer": ISSUER, "audience": AUDIENCE} | changed
    return Verifier(keys, **told)


def part(value: object) -> str:
    """One segment of a compact JWT."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, object], payload: object | None = None) -> str:
    """A token whose header is exactly `header`, rightly signed by the issuer's RSA key."""
    algorithm = jwt.get_algorithm_by_name("RS256")
    body = f"{part(header)}.{part(claims() if payload is None else payload)}"
    return f"{body}.{part(algorithm.sign(body.encode(), rsa_key()))}"


def refusal(verifier: Verifier, bearer: str) -> str:
    """Why `bearer` is not believed."""
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(bearer)
    return str(refused.value)


def turned_away(verifier: Verifier, bearer: str, *, workload: str | None = None, channel: str | None = None) -> str:
    """Why a good token is not believed on this way in."""
    with pytest.raises(ForeignClient) as refused:
        verifier.verify(bearer, workload=workload, channel=channel)
    return str(refused.value)
