"""A small identity provider: keys that rotate, tokens of the named people, and every wrong token one can think of."""

import functools
import json
import threading
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_elliptic
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from platform_core.testing.people import PEOPLE
from tests.platform_core.serving import PATIENCE

ISSUER = "https://login.test"
AUDIENCE = "seedbed"


@functools.cache
def rsa_key(name: str = "one", *, bits: int = 2048) -> RSAPrivateKey:
    """The RSA key called `name`: made once a run."""
    return new_rsa(public_exponent=65537, key_size=bits)


@functools.cache
def elliptic_key(name: str = "one") -> EllipticCurvePrivateKey:
    """The P-256 key called `name`."""
    return new_elliptic(SECP256R1())


def public_jwk(key: RSAPrivateKey | EllipticCurvePrivateKey, kid: str, **more: object) -> dict[str, Any]:
    """The public half of `key` as an item of a key set."""
    if isinstance(key, RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}


def key_set(**keys: RSAPrivateKey | EllipticCurvePrivateKey) -> dict[str, Any]:
    """A JWKS document: key id to key."""
    return {"keys": [public_jwk(key, kid) for kid, key in keys.items()]}


def claims(login: str = "ana", /, **changed: object) -> dict[str, Any]:
    """What a fresh token of `login` says; a claim changed to `...` is left out."""
    person, now = PEOPLE[login], int(time.time())
    said: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": login,
        "azp": "seedbed-cli",
        "client_id": "seedbed-cli",
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "jti": f"token-of-{login}",
        "groups": list(person.groups),
        "business_groups": list(person.business_groups),
        "roles": list(person.roles),
        "employment": person.employment,
    }
    return {name: value for name, value in (said | changed).items() if value is not ...}


def token(login: str = "ana", kid: str = "rsa", /, **changed: object) -> str:
    """A token of `login`, signed by the RSA key `one` under the key id `kid`."""
    return jwt.encode(claims(login, **changed), rsa_key(), algorithm="RS256", headers={"kid": kid, "typ": "at+jwt"})


class KeyServer:
    """ASGI application that publishes a key set, counts who asked, and can be made to fail."""

    def __init__(self, document: object) -> None:
        self._arrived = threading.Condition()
        self.start_over(document)

    def start_over(self, document: object) -> None:
        """Forget who asked, and answer with `document` again."""
        self.publish(document)
        self.status, self._asked = 200, 0
        self.headers: list[tuple[bytes, bytes]] = []

    def publish(self, document: object) -> None:
        """Answer with `document` from now on."""
        self.body = document if isinstance(document, bytes) else json.dumps(document).encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, body = self.status, self.body
        with self._arrived:
            self._asked += 1
            self._arrived.notify_all()
        await send({"type": "http.response.start", "status": status, "headers": self.headers})
        await send({"type": "http.response.body", "body": body})

    @property
    def asked(self) -> int:
        """How often the key set was fetched."""
        return self._asked

    def wait_until_asked(self, times: int) -> None:
        """Return when the key set was fetched `times` times in all."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self._asked >= times, PATIENCE), f"asked {self._asked} times"
