"""What the ledger holds between two requests: sessions, codes on their way, logins that refresh."""

import time

from authlib.oauth2 import rfc6749, rfc8628

from deploy.local.identity.clients import Client
from deploy.local.identity.ledger import Record


class Session(Record):
    """A browser in which somebody is signed in."""

    login: str
    since: int


class Code(Record, rfc6749.AuthorizationCodeMixin):
    """An authorization code on its way through the browser."""

    key: str
    client_id: str
    login: str
    redirect_uri: str
    scope: str
    nonce: str | None
    auth_time: int
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None: ...

    def get_amr(self) -> None: ...


class DeviceCode(Record, rfc8628.DeviceCredentialMixin):
    """A terminal that waits for somebody to say who is at it."""

    key: str
    user_code: str
    client_id: str
    scope: str
    asked_at: float
    ends_at: float
    interval: int
    polled_at: float = 0
    login: str | None = None
    declined: bool = False

    def get_client_id(self) -> str:
        return self.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_user_code(self) -> str:
        return self.user_code

    def is_expired(self) -> bool:
        return self.ends_at <= time.time()

    @property
    def waiting(self) -> bool:
        """Nobody has answered, and somebody still may."""
        return self.login is None and not self.declined and not self.is_expired()


class Standing(Record, rfc6749.TokenMixin):
    """A login that refreshes. Its refresh token is used once; the second use of one ends the login (RFC 9700, 4.14)."""

    family: str
    current: str
    client_id: str
    login: str
    scope: str

    def check_client(self, client: Client) -> bool:
        return client.client_id == self.client_id

    def get_scope(self) -> str:
        return self.scope
