"""The identity provider of the stage, reduced to its key set: it signs whatever a test asks for."""

import time
from copy import copy
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.gateway.programs import Receive, Scope, Send, answer
from tests.gateway.wire import Json

PEOPLE: dict[str, Json] = {
    "ana": {"groups": ["data-engineering"], "business_groups": ["finance"], "roles": ["analyst"]},
    "bo": {"groups": ["support"], "business_groups": ["support"]},
    "carl": {"groups": ["vendor-acme"], "employment": "contractor"},
    "olu": {"groups": ["platform"], "business_groups": ["finance"], "roles": ["operator"]},
}


class Issuer:
    """Signs with keys of which it publishes some."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.keys = {"dev-one": rsa.generate_private_key(65537, 2048)}
        self.published = ["dev-one"]
        self._client = "seedbed-cli"

    def of(self, client: str) -> "Issuer":
        """The same issuer, asked by another client."""
        other = copy(self)
        other._client = client
        return other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, {"keys": [self.public(kid) for kid in self.published]})

    def public(self, kid: str) -> Json:
        numbers: Json = RSAAlgorithm.to_jwk(self.keys[kid].public_key(), as_dict=True)
        return numbers | {"kid": kid, "use": "sig", "alg": "RS256"}

    def claims(self, login: str = "ana", *, lifetime: int = 600, age: int = 0, **claims: Any) -> Json:
        """What a token of `login` says; a claim given as None is left out."""
        issued = int(time.time()) - age
        whole: Json = {
            **{"iss": self.url, "aud": "seedbed", "sub": login, "azp": self._client, "jti": f"{login}-{issued}"},
            **{"iat": issued, "exp": issued + lifetime, "employment": "employee"},
            **{"groups": [], "business_groups": [], "roles": []},
            **PEOPLE.get(login, {}),
            **claims,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def token(self, login: str = "ana", *, kid: str = "dev-one", **claims: Any) -> str:
        header = {"kid": kid, "typ": "at+jwt"}
        return jwt.encode(self.claims(login, **claims), self.keys[kid], "RS256", headers=header)
