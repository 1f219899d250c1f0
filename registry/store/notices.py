"""What people are told: once while it is open, whoever says it and however often."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.store.notice_tables import Notice

Kind = Literal[
    "review.waits",
    "review.decided",
    "review.expires",
    "grant.expires",
    "approval.waits",
    "server.degraded",
    "server.ownerless",
    "server.unused",
    "server.suspended",
]


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a notice is for: `Audience("person", "ana")`, `Audience("role", "security-reviewer")`."""

    kind: Literal["person", "group", "role"]
    name: str


async def post(
    connection: AsyncConnection, *, kind: Kind, to: Audience, about: str, text: str, link: str, now: float
) -> None:
    """Tell somebody, in the caller's own writing transaction. What is open already is not told again.

    `about` names the thing ("review 17", "production/presto"); `link` is a path on the registry's pages.
    """
    row = {"kind": kind, "audience": to.kind, "name": to.name, "about": about, "text": text, "link": link}
    row |= {"posted_at": now, "tries": 0, "next_try_at": now}
    while_open = insert(Notice).on_conflict_do_nothing(
        index_elements=["kind", "about", "audience", "name"], index_where=Notice.settled_at.is_(None)
    )
    await connection.execute(while_open.values(row))


async def settle(connection: AsyncConnection, *, kind: Kind, about: str, now: float) -> None:
    """Close what everybody was told of `about`, in the caller's own writing transaction."""
    told = update(Notice).where(Notice.kind == kind, Notice.about == about, Notice.settled_at.is_(None))
    await connection.execute(told.values(settled_at=now))
