"""A token for Airflow in the person's name, from the organisation's identity provider (RFC 8693)."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import httpx2
import jwt
import msgspec
from msgspec import Struct

from platform_core import Denied, Unavailable
from servers.airflow.persons import Person
from servers.airflow.settings import AirflowSettings

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
_LIFE = 60
"""Seconds for which the provider may believe what we say of a person."""
_OURS = ("invalid_client", "unauthorized_client")
"""Errors that are of this server and of no person (RFC 6749 5.2); some providers say them with 400."""
_EARLY = 15
_MOST_KEPT = 10_000


class _Given(Struct):
    access_token: str
    token_type: str
    expires_in: int = _LIFE


class _Refused(Struct):
    error: str


@dataclass(frozen=True)
class _Kept:
    header: str
    until: float


class Exchanged:
    """Says to the provider, signed with this server's own key, who calls; what comes back is good at Airflow alone.

    The person's own token is not used: no server gets it.
    """

    def __init__(self, settings: AirflowSettings, clock: Callable[[], float] = time.time) -> None:
        if settings.exchange_key is None or not settings.exchange_url:
            raise ValueError("token exchange needs its URL and its key")
        self._settings, self._clock = settings, clock
        self._url, self._key = settings.exchange_url, settings.exchange_key.get_secret_value()
        self._http = httpx2.AsyncClient(timeout=settings.seconds, trust_env=False, follow_redirects=False)
        self._kept: dict[str, _Kept] = {}

    async def header(self, person: Person) -> str:
        now = self._clock()
        kept = self._kept.get(person.login)
        if kept is None or kept.until <= now:
            kept = await self._exchange(person, now)
            self._kept = {name: one for name, one in self._kept.items() if one.until > now}
            if len(self._kept) < _MOST_KEPT:
                self._kept[person.login] = kept
        return kept.header

    async def close(self) -> None:
        await self._http.aclose()

    async def _exchange(self, person: Person, now: float) -> _Kept:
        asked = {
            "grant_type": GRANT, "audience": self._settings.exchange_audience, "requested_token_type": ACCESS,
            "subject_token": self._said(person.login, now), "subject_token_type": JWT,
            "client_assertion": self._said(self._settings.exchange_client, now),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_id": self._settings.exchange_client,
        }  # fmt: skip
        try:
            answer = await self._http.post(self._url, data=asked, headers={"Accept": "application/json"})
        except httpx2.HTTPError as error:
            raise Unavailable(
                f"The identity provider can't be reached ({type(error).__name__}), so nobody can be signed in at "
                "Airflow: ask again.", retry_after=5,
            ) from error  # fmt: skip
        if answer.status_code in (400, 403) and _error(answer) not in _OURS:
            raise Denied("The identity provider gives no token of Airflow's for you: ask for access to Airflow.")
        if not answer.is_success:
            raise Unavailable("The identity provider refuses this server's login: tell the owner of this server.")
        try:
            given = msgspec.json.decode(answer.content, type=_Given)
        except msgspec.DecodeError:
            raise Unavailable("The identity provider answered in an unknown shape: tell the owner.") from None
        if given.token_type.lower() != "bearer":
            raise Unavailable("The identity provider gave no bearer token: tell the owner of this server.")
        return _Kept(header=f"Bearer {given.access_token}", until=now + given.expires_in - _EARLY)

    def _said(self, subject: str, now: float) -> str:
        claims = {
            "iss": self._settings.exchange_client, "sub": subject, "aud": self._url, "jti": uuid.uuid4().hex,
            "iat": int(now), "exp": int(now) + _LIFE,
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm="ES256")


def _error(answer: httpx2.Response) -> str:
    try:
        return msgspec.json.decode(answer.content, type=_Refused).error
    except msgspec.DecodeError:
        return ""
