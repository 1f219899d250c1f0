"""How a call signs in at Airflow: in the person's own name, or as a service account; never with the person's token."""

import base64
import time
import uuid
from typing import Protocol

import jwt

from platform_core import Unavailable
from servers.airflow.exchange import Exchanged
from servers.airflow.persons import Person
from servers.airflow.settings import AirflowSettings

LIFE = 60
"""Seconds that a token of ours is good for: one call."""
_AUDIENCE = "apache-airflow"


class Login(Protocol):
    """A way to sign in."""

    async def header(self, person: Person) -> str:
        """The value of `Authorization` for one call of the person."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""


class Signed:
    """A token that we sign with the secret of Airflow's API: its own log names the person."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def header(self, person: Person) -> str:
        now = int(time.time())
        claims = {
            "sub": person.login, "role": person.role, "aud": _AUDIENCE, "jti": uuid.uuid4().hex,
            "iat": now, "nbf": now, "exp": now + LIFE,
        }  # fmt: skip
        return f"Bearer {jwt.encode(claims, self._secret, algorithm='HS512')}"

    async def close(self) -> None:
        pass


class Service:
    """One account for everybody: a run's note names the person."""

    def __init__(self, header: str) -> None:
        self._header = header

    async def header(self, person: Person) -> str:
        return self._header

    async def close(self) -> None:
        pass


class Missing:
    """No way in yet."""

    async def header(self, person: Person) -> str:
        raise Unavailable("This server has no login at Airflow yet: its operator sets SEEDBED_AIRFLOW_SECRET_FILE.")

    async def close(self) -> None:
        pass


def login_of(settings: AirflowSettings) -> Login:
    """The way in that the operator has set."""
    if settings.secret is not None:
        return Signed(settings.secret.get_secret_value())
    if settings.token is not None:
        return Service(f"Bearer {settings.token.get_secret_value()}")
    if settings.exchange_key is not None:
        return Exchanged(settings)
    if settings.password is not None:
        pair = f"{settings.user}:{settings.password.get_secret_value()}"
        return Service(f"Basic {base64.b64encode(pair.encode()).decode()}")
    return Missing()
