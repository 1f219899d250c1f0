"""Tokens that must be refused, made with the provider's own keys: good but for the one thing their name says."""

import base64
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

Claims = dict[str, Any]


class Forge:
    """A forger who holds the key of the provider over `state`."""

    def __init__(self, state: Path, issuer: str, audience: str = "seedbed") -> None:
        ring = json.loads((state / "keys.json").read_text())
        keys = KeySet.import_key_set({"keys": [key for key in ring["keys"] if key["kid"] == ring["signing"]]})
        self._key = cast(RSAKey, keys.keys[0])
        self._issuer, self._audience = issuer, audience

    @property
    def kid(self) -> str:
        """The id of the key that verifiers know."""
        return str(self._key.kid)

    def claims(self, **changed: Any) -> Claims:
        """What the provider would say of ana at the CLI, with some claims changed."""
        now = int(time.time())
        return {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": "ana",
            "azp": "seedbed-cli",
            "client_id": "seedbed-cli",
            "iat": now,
            "nbf": now,
            "exp": now + 900,
            "jti": uuid.uuid4().hex,
            "scope": "mcp",
            "groups": ["data-engineering", "finance-analytics"],
            "business_groups": ["finance"],
            "roles": ["analyst"],
            "employment": "employee",
        } | changed

    def token(self, *, header: Mapping[str, Any] | None = None, without: tuple[str, ...] = (), **changed: Any) -> str:
        """Signed well; `changed` and `without` say what is wrong in the claims, `header` what is wrong above them."""
        claims = {name: value for name, value in self.claims(**changed).items() if name not in without}
        return jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": self.kid, **(header or {})}, claims, self._key)

    def expired(self, seconds_ago: int = 3600) -> str:
        now = int(time.time())
        return self.token(iat=now - seconds_ago - 900, nbf=now - seconds_ago - 900, exp=now - seconds_ago)

    def too_long(self, seconds: int = 86400) -> str:
        return self.token(exp=int(time.time()) + seconds)

    def not_yet(self, seconds: int = 3600) -> str:
        return self.token(nbf=int(time.time()) + seconds)

    def for_another_audience(self, audience: str = "somebody-else") -> str:
        return self.token(aud=audience)

    def from_another_issuer(self, issuer: str = "https://login.example.com") -> str:
        return self.token(iss=issuer)

    def tampered(self, **changed: Any) -> str:
        """ana's token whose claims were changed after it was signed."""
        header, _, signature = self.token().split(".")
        return f"{header}.{_encoded(self.claims(**(changed or {'sub': 'olu'})))}.{signature}"

    def unsigned(self) -> str:
        return f"{_encoded({'alg': 'none', 'typ': 'at+jwt', 'kid': self.kid})}.{_encoded(self.claims())}."

    def hmac(self) -> str:
        """HS256 under the id of the known key, with the public key as the secret (the classic confusion)."""
        # By hand: no library of today signs this.
        signed = f"{_encoded({'alg': 'HS256', 'typ': 'at+jwt', 'kid': self.kid})}.{_encoded(self.claims())}"
        return f"{signed}.{_base64(hmac.digest(self._key.as_pem(private=False), signed.encode(), 'sha256'))}"

    def by_another_key(self) -> str:
        """A stranger's key under the id of the known one."""
        stranger = RSAKey.generate_key(2048)
        return jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": self.kid}, self.claims(), stranger)

    def by_an_unknown_kid(self) -> str:
        return self.token(header={"kid": "dev-unknown"})


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
