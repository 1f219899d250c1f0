"""Whose page this is: the person behind the session cookie."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response

from registry.notices.inbox import waiting_for
from registry.parts import Parts, PartsHere
from registry.roles import given_to
from registry.store import sessions
from registry.store.sessions import HOURS, SignedIn


@dataclass(eq=False)
class SignInNeeded(Exception):
    """Nobody is signed in; `place` is where they wanted to go."""

    place: str


def cookie_name(parts: Parts, purpose: str) -> str:
    """Under https the browser itself sees to it that only this host, encrypted, can set the cookie."""
    return f"__Host-seedbed-{purpose}" if _encrypted(parts) else f"seedbed-registry-{purpose}"


def set_cookie(parts: Parts, response: Response, purpose: str, value: str, *, seconds: int) -> None:
    response.set_cookie(
        cookie_name(parts, purpose),
        value,
        max_age=seconds,
        path="/",
        secure=_encrypted(parts),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(parts: Parts, response: Response, purpose: str) -> None:
    set_cookie(parts, response, purpose, "", seconds=0)


def keep_signed_in(parts: Parts, response: Response, secret: str) -> None:
    set_cookie(parts, response, "session", secret, seconds=HOURS * 3600)


def session_secret(request: Request, parts: Parts) -> str | None:
    return request.cookies.get(cookie_name(parts, "session"))


async def _signed_in(request: Request, parts: PartsHere) -> SignedIn:
    secret = session_secret(request, parts)
    if secret:
        async with parts.database.reading() as connection:
            found = await sessions.find_session(connection, secret, now=parts.clock())
            if found:
                request.state.signed_in = found
                roles = given_to(parts, found.person)
                request.state.waiting = await waiting_for(connection, found.person, roles=roles)
                return found
    raise SignInNeeded(request.url.path)


def _encrypted(parts: Parts) -> bool:
    return parts.platform.base.startswith("https://")


Reader = Annotated[SignedIn, Depends(_signed_in)]
"""The person who reads the page; without one, the browser is sent to sign in."""
