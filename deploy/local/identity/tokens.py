# Authlib's stubs leave parameters untyped.
# pyright: reportUnknownMemberType=false
"""What a token says, and the key that signs it."""

import secrets
import time
from typing import Any

from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oidc.core import OpenIDCode, UserInfo
from authlib.oidc.core.grants.code import OpenIDToken
from joserfc.jwk import KeySet

from deploy.local.identity.clients import Client
from deploy.local.identity.keys import Keys
from deploy.local.identity.people import SERVICE_CLAIMS, Person
from deploy.local.identity.settings import IdentitySettings


class AccessTokens(JWTBearerTokenGenerator):
    """What the whole platform believes (RFC 9068)."""

    def __init__(self, settings: IdentitySettings, keys: Keys) -> None:
        super().__init__(
            settings.issuer, refresh_token_generator=_new_secret, expires_generator=settings.access_seconds
        )
        self._audience, self._keys = settings.audience, keys

    def get_jwks(self) -> KeySet:
        return self._keys.signing()

    def get_audiences(self, client: Client, user: Person | None, scope: str) -> str:
        return self._audience

    def get_extra_claims(self, client: Client, grant_type: str, user: Person | None, scope: str) -> dict[str, Any]:
        return {"azp": client.client_id, "nbf": int(time.time()), **(user.claims() if user else SERVICE_CLAIMS)}


class _IdTokens:
    """What one program learns of who signed in; nobody else believes it."""

    def __init__(self, settings: IdentitySettings, keys: Keys) -> None:
        super().__init__()
        self._settings, self._keys = settings, keys

    def get_client_algorithm(self, client: Client) -> str:
        return "RS256"

    def resolve_client_private_key(self, client: Client) -> KeySet:
        return self._keys.signing()

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self._settings.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + self._settings.access_seconds,
        }

    def generate_user_info(self, user: Person, scope: str) -> UserInfo:
        return UserInfo(sub=user.login, name=user.name, **user.claims())


class CodeIdTokens(_IdTokens, OpenIDCode):
    """For a program behind a browser: its nonce comes back."""

    def exists_nonce(self, nonce: str, request: object) -> bool:
        return False  # a code serves once, and the program compares its own nonce


class DeviceIdTokens(_IdTokens, OpenIDToken):
    """For a terminal."""


def _new_secret(**_: object) -> str:
    return secrets.token_urlsafe(32)
