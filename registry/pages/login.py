"""Sign-in and sign-out of the pages: code + PKCE at the identity provider, a session of our own afterwards."""

import base64
import re
import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Header, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import JsonValue, ValidationError

from platform_core.auth.principal import Principal
from platform_core.auth.tokens import ForeignClient, Unauthenticated
from platform_core.errors import Denied
from registry.oidc import CLIENT, Attempt
from registry.pages.look import page
from registry.pages.same_page import must_be_ours
from registry.pages.session import Reader, cookie_name, drop_cookie, keep_signed_in, session_secret, set_cookie
from registry.parts import Parts, PartsHere
from registry.refused import Refused
from registry.roles import given_to
from registry.store import audit, sessions

router = APIRouter(default_response_class=Response)
ATTEMPT_SECONDS = 600
_OUR_PLACES = re.compile(
    r"/(inbox|impact|audit|me|guide|(suspensions|approvals|reviews|servers|experiments)(/[a-z0-9/-]{1,80})?)?"
)


@router.get("/login")
async def start(parts: PartsHere, next: str = "/") -> Response:
    """Send the browser to the identity provider and remember, in the browser, which sign-in this is."""
    attempt = Attempt.new(_ours(next))
    answer = _see_other(await parts.provider.authorize_url(attempt, redirect=_callback(parts)))
    value = base64.urlsafe_b64encode(attempt.model_dump_json().encode()).decode()
    set_cookie(parts, answer, "signin", value, seconds=ATTEMPT_SECONDS)
    return answer


@router.get("/login/callback")
async def finish(
    request: Request, parts: PartsHere, state: str = "", code: str = "", error: str = "", iss: str | None = None
) -> Response:
    """Take the identity provider's answer and open a session."""
    attempt = _attempt(request.cookies.get(cookie_name(parts, "signin"), ""), state)
    if iss not in (None, parts.provider.issuer):
        raise _not_signed_in("another identity provider answered than the one that was asked")
    if error or not code:
        raise _not_signed_in("it was called off at the identity provider")
    person = await _person(parts, code, attempt)
    async with parts.database.writing() as connection:
        if before := session_secret(request, parts):
            await sessions.end_session(connection, before)
        secret = await sessions.open_session(connection, person, now=parts.clock())
        if roles := given_to(parts, person):
            detail: dict[str, JsonValue] = {"roles": [*roles]}
            await audit.append(
                connection, act="role.signed-in", actor=person.subject, about="pages", detail=detail, now=parts.clock()
            )
    answer = _see_other(_ours(attempt.place))
    drop_cookie(parts, answer, "signin")
    keep_signed_in(parts, answer, secret)
    return answer


@router.get("/logout")
async def signed_out(request: Request) -> Response:
    """Say that nobody is signed in here any more."""
    return page(request, "signed_out.html")


@router.post("/logout")
async def sign_out(
    request: Request,
    parts: PartsHere,
    reader: Reader,
    csrf: Annotated[str, Form()] = "",
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Response:
    """End the session, if a page of ours asked for it."""
    must_be_ours(reader, csrf, sec_fetch_site)
    async with parts.database.writing() as connection:
        await sessions.end_session(connection, session_secret(request, parts) or "")
    answer = _see_other("/logout")
    drop_cookie(parts, answer, "session")
    return answer


def sign_in_first(place: str) -> RedirectResponse:
    """Send the browser to sign in, and back to `place` afterwards."""
    return _see_other(f"/login?next={quote(place, safe='')}")


async def _person(parts: Parts, code: str, attempt: Attempt) -> Principal:
    try:
        answer = await parts.provider.exchange(
            code, attempt, redirect=_callback(parts), secret=parts.settings.client_secret
        )
        person = parts.verifier.verify(answer.access_token)
    except (Denied, ForeignClient, Unauthenticated) as error:
        raise _not_signed_in(str(error)) from error
    if person.client != CLIENT:
        raise _not_signed_in("the token is another program's")
    return person


def _attempt(cookie: str, state: str) -> Attempt:
    try:
        attempt = Attempt.model_validate_json(base64.urlsafe_b64decode(cookie))
    except (ValueError, ValidationError):
        raise _not_signed_in("it was begun in another browser, or more than ten minutes ago") from None
    if not secrets.compare_digest(state.encode(), attempt.state.encode()):
        raise _not_signed_in("another sign-in was begun in this browser meanwhile")
    return attempt


def _not_signed_in(why: str) -> Refused:
    return Refused(code="unauthenticated", rule="registry/sign-in", detail=why)


def _ours(place: str) -> str:
    # Neither a link nor a planted cookie may lead a person elsewhere.
    return place if _OUR_PLACES.fullmatch(place) else "/"


def _callback(parts: Parts) -> str:
    return f"{parts.platform.base}/login/callback"


def _see_other(place: str) -> RedirectResponse:
    return RedirectResponse(place, status_code=303, headers={"Cache-Control": "no-store"})
