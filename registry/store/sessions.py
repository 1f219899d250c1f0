"""Browsers in which somebody is signed in: kept by the digest of a secret that only the cookie holds."""

import hashlib
import secrets
from dataclasses import dataclass, replace

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.principal import Principal
from registry.store.tables import Session

HOURS = 8
_PERSON = TypeAdapter(Principal)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who sits at a browser, as the identity provider said at sign-in."""

    person: Principal
    csrf: str
    signed_in_at: float


async def open_session(connection: AsyncConnection, person: Principal, *, now: float) -> str:
    """Remember a sign-in and return the secret for the cookie; sessions that have ended are forgotten."""
    secret = secrets.token_urlsafe(32)
    await connection.execute(delete(Session).where(Session.expires_at <= now))
    await connection.execute(
        insert(Session).values(
            digest=_digest(secret),
            person=_PERSON.dump_json(person).decode(),
            csrf=secrets.token_urlsafe(32),
            signed_in_at=now,
            expires_at=now + HOURS * 3600,
        )
    )
    return secret


async def find_session(connection: AsyncConnection, secret: str, *, now: float) -> SignedIn | None:
    """Who is signed in by `secret`, if the session still runs."""
    row = (
        await connection.execute(
            select(Session.person, Session.csrf, Session.signed_in_at, Session.expires_at).where(
                Session.digest == _digest(secret), Session.expires_at > now
            )
        )
    ).one_or_none()
    if row is None:
        return None
    person, csrf, signed_in_at, expires_at = row
    known = replace(_PERSON.validate_json(person), expires_at=expires_at)
    return SignedIn(person=known, csrf=csrf, signed_in_at=signed_in_at)


async def people(connection: AsyncConnection, *, now: float) -> list[Principal]:
    """Who is signed in now, everybody once."""
    rows = await connection.execute(select(Session.person).where(Session.expires_at > now))
    return list({who.subject: who for who in map(_PERSON.validate_json, rows.scalars())}.values())


async def end_session(connection: AsyncConnection, secret: str) -> None:
    """Forget a session."""
    await connection.execute(delete(Session).where(Session.digest == _digest(secret)))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
