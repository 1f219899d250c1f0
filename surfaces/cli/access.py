"""An access token that is good for a while yet, refreshed without a word where it must be."""

import time

from surfaces.cli import logins
from surfaces.cli.failures import NotLoggedIn, Unreachable
from surfaces.cli.logins import Login
from surfaces.cli.places import Place

FOR_ONE_CALL = 30.0
FOR_AN_AGENT = 300.0
"""Seconds that a token must still live: an agent asks once and works on."""


def token(place: Place, *, good_for: float = FOR_ONE_CALL, refused: str | None = None) -> str:
    """The access token of the person logged in there; never again `refused`, which a server has turned down."""
    login = logins.read(place)
    if _good(login, good_for, refused):
        return login.access_token
    with logins.alone(place):
        login = logins.read(place)  # another process may have refreshed while this one waited
        return login.access_token if _good(login, good_for, refused) else _refreshed(login, refused)


def _good(login: Login, good_for: float, refused: str | None) -> bool:
    return login.access_token != refused and login.expires_at - time.time() >= good_for


def _refreshed(login: Login, refused: str | None) -> str:
    from surfaces.cli import issuer  # most calls refresh nothing and need no HTTP

    try:
        renewed = issuer.refresh(login)
    except NotLoggedIn:
        logins.forget(login.place)
        raise
    except Unreachable:
        if _good(login, 1, refused):
            return login.access_token  # the issuer is away, and this one still serves
        raise
    logins.write(renewed)
    return renewed.access_token
