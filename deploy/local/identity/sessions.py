"""Who is signed in at this browser: a random cookie here, the rest in the ledger."""

import secrets
import time

from flask import Response, request

from deploy.local.identity.ledger import Ledger, digest
from deploy.local.identity.people import Person
from deploy.local.identity.records import Session

COOKIE = "seedbed_identity"


def current(ledger: Ledger) -> Session | None:
    """The session of this browser, if it has one."""
    return ledger.get(Session, digest(request.cookies.get(COOKIE, "")))


def begin(ledger: Ledger, person: Person, hours: int) -> tuple[Session, str]:
    """Sign `person` in at this browser: always a new cookie, so that a planted one is worth nothing."""
    end(ledger)
    cookie, now = secrets.token_urlsafe(32), time.time()
    session = Session(login=person.login, since=int(now), expires_at=now + hours * 3600)
    ledger.put(digest(cookie), session)
    return session, cookie


def end(ledger: Ledger) -> None:
    """Sign this browser out."""
    ledger.drop(Session, digest(request.cookies.get(COOKIE, "")))


def remember(response: Response, cookie: str, hours: int) -> Response:
    """Give the browser its cookie."""
    # Not `Secure`: loopback speaks plain http.
    response.set_cookie(COOKIE, cookie, max_age=hours * 3600, httponly=True, samesite="Lax")
    return response
