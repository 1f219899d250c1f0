# Authlib's stubs leave parameters untyped, and know no logout.
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
"""The ways to a token, by Authlib's rules: code with PKCE, device code, refresh, a program of its own; and back."""

import time
from typing import Any, Protocol, cast

from authlib.oauth2 import OAuth2Request, rfc6749, rfc7009, rfc7636, rfc8628
from authlib.oauth2.rfc6749 import errors
from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc.jwk import KeySet

from deploy.local.identity.clients import DEVICE, Client
from deploy.local.identity.keys import Keys
from deploy.local.identity.ledger import Ledger, digest
from deploy.local.identity.people import Person
from deploy.local.identity.records import Code, DeviceCode, Standing
from deploy.local.identity.settings import IdentitySettings

CLIENT_AUTH = ["none", "client_secret_basic", "client_secret_post"]
CODE_SECONDS = 60
SLOWER_BY = 5  # RFC 8628, 3.5


class House(Protocol):
    """What every flow may use of the provider."""

    ledger: Ledger
    keys: Keys
    people: dict[str, Person]
    settings: IdentitySettings

    def standing(self, refresh_token: str) -> Standing | None: ...


class CodeFlow(rfc6749.AuthorizationCodeGrant):
    """A browser signs in and carries a code back to the program."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTH
    server: House
    signed_in_since: int
    redirect_uri: str
    prompt: str | None

    @property
    def client(self) -> Client:
        return cast(Client, self.request.client)

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        record = Code(
            key=digest(code),
            client_id=request.client.client_id,
            login=request.user.login,
            redirect_uri=self.redirect_uri,
            scope=request.scope,
            nonce=asked.get("nonce"),
            auth_time=self.signed_in_since,
            code_challenge=asked["code_challenge"],
            code_challenge_method=asked["code_challenge_method"],
            expires_at=time.time() + CODE_SECONDS,
        )
        self.server.ledger.put(record.key, record)

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        record = self.server.ledger.get(Code, digest(code))
        return record if record and record.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        self.server.ledger.drop(Code, authorization_code.key)

    def authenticate_user(self, authorization_code: Code) -> Person | None:
        return self.server.people.get(authorization_code.login)


class Pkce(rfc7636.CodeChallenge):
    """S256 for everybody, confidential clients too (OAuth 2.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - Authlib's own name and type

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise errors.InvalidRequestError("Send a code_challenge with code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)


class DeviceFlow(rfc8628.DeviceCodeGrant):
    """A terminal asks again and again until somebody has signed in for it."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTH
    server: House
    _record: DeviceCode

    def query_device_credential(self, device_code: str) -> DeviceCode | None:
        record = self.server.ledger.get(DeviceCode, digest(device_code))
        if record:
            self._record = record
        return record

    def query_user_grant(self, user_code: str) -> tuple[Person | None, bool] | None:
        if self._record.declined:
            return None, False
        person = self.server.people.get(self._record.login or "")
        return (person, True) if person else None

    def should_slow_down(self, credential: DeviceCode) -> bool:
        now = time.time()
        hasty = now - credential.polled_at < credential.interval
        slower = credential.interval + (SLOWER_BY if hasty else 0)
        self.server.ledger.put(credential.key, credential.model_copy(update={"polled_at": now, "interval": slower}))
        return hasty

    def save_token(self, token: dict[str, Any]) -> None:
        super().save_token(token)
        self.server.ledger.drop(DeviceCode, self._record.key)


class DeviceDesk(rfc8628.DeviceAuthorizationEndpoint):
    """Where a terminal gets its code."""

    CLIENT_AUTH_METHODS = CLIENT_AUTH
    INTERVAL = 1  # everything is on this machine
    server: House

    def __init__(self, server: House) -> None:
        super().__init__(server)
        self.EXPIRES_IN = server.settings.device_seconds

    def authenticate_client(self, request: OAuth2Request) -> Client:
        client = cast(Client, super().authenticate_client(request))
        if not client.check_grant_type(DEVICE):
            raise errors.UnauthorizedClientError("This client may not use the device flow.")
        return client

    def get_verification_uri(self) -> str:
        return f"{self.server.settings.issuer}/device"

    def save_device_credential(self, client_id: str, scope: str | None, data: dict[str, Any]) -> None:
        now = time.time()
        record = DeviceCode(
            key=digest(data["device_code"]),
            user_code=data["user_code"],
            client_id=client_id,
            scope=scope or "",
            asked_at=now,
            ends_at=now + data["expires_in"],
            interval=self.INTERVAL,
            expires_at=now + 2 * data["expires_in"],  # kept a while, to say "expired" and not "unknown"
        )
        self.server.ledger.put(record.key, record)


class RefreshFlow(rfc6749.RefreshTokenGrant):
    """A program stays signed in; every refresh token serves once."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTH
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: House

    def authenticate_refresh_token(  # pyright: ignore[reportIncompatibleMethodOverride] - None is Authlib's "no"
        self, refresh_token: str
    ) -> Standing | None:
        return self.server.standing(refresh_token)

    def authenticate_user(self, refresh_token: Standing) -> Person | None:
        return self.server.people.get(refresh_token.login)

    def revoke_old_credential(self, refresh_token: rfc6749.TokenMixin) -> None:
        """The new token has taken its place in the ledger already."""


class ProgramFlow(rfc6749.ClientCredentialsGrant):
    """A program acts for nobody but itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTH[1:]


class Revocation(rfc7009.RevocationEndpoint):
    """A logout: the login behind a refresh token ends."""

    CLIENT_AUTH_METHODS = CLIENT_AUTH
    server: House

    def query_token(self, token_string: str, token_type_hint: str | None) -> Standing | None:
        return self.server.standing(token_string)

    def revoke_token(self, token: Standing, request: Any) -> None:
        self.server.ledger.drop(Standing, token.family)


class EndSession(EndSessionEndpoint):
    """A browser signs out, sent by a program that knows who signed in."""

    server: House

    def get_server_jwks(self) -> KeySet:
        return self.server.keys.verifying()

    def end_session(self, end_session_request: object) -> None:
        """The page drops the session, for it has the cookie."""
