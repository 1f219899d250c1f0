"""The registry as a client of the identity provider: people sign in to its pages, its probe to servers."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

import jwt
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from platform_core.auth.jwks import JwksFollower
from platform_core.errors import Denied, DomainError, Unavailable
from platform_core.outgoing import Answered, Outgoing

CLIENT = "seedbed-registry"
"""The OAuth client of the pages."""
SCOPE = "openid mcp"


class _Discovery(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str


class Answer(BaseModel):
    """What the token endpoint gave."""

    access_token: str
    id_token: str = ""
    expires_in: float


class Attempt(BaseModel):
    """One sign-in under way. The browser carries it in a cookie and nobody else knows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    nonce: str
    verifier: str
    place: str
    """Where to go afterwards, a path of our own."""

    @classmethod
    def new(cls, place: str) -> "Attempt":
        return cls(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            place=place,
        )

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class Provider:
    """Any OIDC issuer. What it says of itself is read once, at first use."""

    def __init__(self, outgoing: Outgoing, keys: JwksFollower, *, issuer: str) -> None:
        self._outgoing, self._keys, self.issuer = outgoing, keys, issuer
        self._discovered: _Discovery | None = None

    async def authorize_url(self, attempt: Attempt, *, redirect: str) -> str:
        """Where the browser goes to sign in."""
        found = await self._discovery()
        query = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": redirect,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{found.authorization_endpoint}?{urlencode(query)}"

    async def exchange(self, code: str, attempt: Attempt, *, redirect: str, secret: SecretStr) -> Answer:
        """Trade the code for tokens and check that they answer this very attempt."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": attempt.verifier,
        }
        answer = await self._token(CLIENT, secret, form)
        self._check(answer.id_token, attempt.nonce)
        return answer

    async def program_token(self, client: str, secret: SecretStr) -> Answer:
        """A token for a program of our own, which acts for nobody."""
        return await self._token(client, secret, {"grant_type": "client_credentials", "scope": "mcp"})

    async def _token(self, client: str, secret: SecretStr, form: dict[str, str]) -> Answer:
        endpoint = (await self._discovery()).token_endpoint
        pair = f"{client}:{secret.get_secret_value()}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        answer = await self._fetch(endpoint, method="POST", body=urlencode(form).encode(), headers=headers)
        if answer.status in (400, 401):
            raise Denied(f"the identity provider refused {client} ({answer.status})")
        try:
            return Answer.model_validate_json(_body(answer))
        except ValidationError:
            raise Unavailable("the identity provider gave no token") from None

    async def _discovery(self) -> _Discovery:
        if self._discovered is None:
            self._discovered = await self._discover()
        return self._discovered

    async def _discover(self) -> _Discovery:
        answer = await self._fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = _Discovery.model_validate_json(_body(answer))
        except ValidationError:
            raise Unavailable("the identity provider does not say of itself what OpenID asks for") from None
        if found.issuer != self.issuer:
            raise Unavailable(f"the identity provider calls itself {found.issuer!r}, not {self.issuer!r}")
        return found

    async def _fetch(self, url: str, **request: Any) -> Answered:
        try:
            return await self._outgoing.fetch(url, **request)
        except DomainError as error:
            raise Unavailable(f"the identity provider can't be reached: {error}") from None

    def _check(self, id_token: str, nonce: str) -> None:
        try:
            key = self._keys.set.keys.get(str(jwt.get_unverified_header(id_token).get("kid")))
            if key is None:
                self._keys.want()
                raise Denied("the identity provider signed with a key that is not known here yet; sign in again")
            claims = jwt.decode(
                id_token,
                key,
                algorithms=[key.algorithm_name],
                audience=CLIENT,
                issuer=self.issuer,
                leeway=30,
                options={"require": ["exp", "iat", "sub", "nonce"]},
            )
        except jwt.PyJWTError as error:
            raise Denied(f"the identity provider's answer is not to be believed: {error}") from None
        if not secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise Denied("the identity provider answered another sign-in than this one; sign in again")


def _body(answer: Answered) -> bytes:
    if answer.status != 200:
        raise Unavailable(f"the identity provider answered {answer.status}")
    return answer.body
