"""What people are told: once while it is open, whoever says it and however often."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.store.notice_tables import Notice, NoticeRead

Kind = Literal[
    "review.waits",
    "review.decided",
    "review.expires",
    "grant.expires",
    "approval.waits",
    "server.degraded",
    "server.differs",
    "server.ownerless",
    "server.unused",
    "server.suspended",
]
WAITING: tuple[Kind, ...] = ("approval.waits", "review.waits")
"""What somebody has to decide: it can't be put aside, and it ends when it is decided."""
TO_KNOW: tuple[Kind, ...] = ("review.decided",)
"""What happened and is over: nothing settles it but time."""
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a notice is for: `Audience("person", "ana")`, `Audience("role", "security-reviewer")`."""

    kind: Literal["person", "group", "role"]
    name: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """One notice, as it was told."""

    id: int
    kind: Kind
    to: Audience
    about: str
    text: str
    link: str
    posted_at: float
    tries: int

    @property
    def waits(self) -> bool:
        return self.kind in WAITING


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


async def open_for(connection: AsyncConnection, person: str, audiences: Collection[Audience]) -> list[Told]:
    """What this person is told now and has not put aside; the newest first."""
    wanted = select(Notice.__table__).where(_unread(person, audiences)).order_by(Notice.posted_at.desc(), Notice.id)
    return [_told(row) for row in await connection.execute(wanted)]


async def count_waiting(connection: AsyncConnection, person: str, audiences: Collection[Audience]) -> int:
    """How many things wait for this person's decision. What waits for them in two roles waits once."""
    wanted = select(func.count(Notice.about.distinct())).where(_unread(person, audiences), Notice.kind.in_(WAITING))
    return (await connection.execute(wanted)).scalar_one()


async def set_aside(
    connection: AsyncConnection, id: int, person: str, audiences: Collection[Audience], *, now: float
) -> bool:
    """Let this person not be told any more; whether there was such a notice for them, and it may be put aside."""
    wanted = select(Notice.id).where(_unread(person, audiences), Notice.id == id, Notice.kind.not_in(WAITING))
    if (await connection.execute(wanted)).first() is None:
        return False
    await connection.execute(insert(NoticeRead).values(notice_id=id, person=person, read_at=now))
    return True


async def open_of(connection: AsyncConnection, kinds: Collection[Kind]) -> list[Told]:
    """Everything of these kinds that is open, whoever was told."""
    wanted = select(Notice.__table__).where(Notice.settled_at.is_(None), Notice.kind.in_(kinds))
    return [_told(row) for row in await connection.execute(wanted)]


async def first_told(connection: AsyncConnection, kind: Kind, about: str) -> float | None:
    """When somebody was first told this, as long as it is kept; None where nobody was."""
    wanted = select(func.min(Notice.posted_at)).where(Notice.kind == kind, Notice.about == about)
    return (await connection.execute(wanted)).scalar()


async def due(connection: AsyncConnection, *, now: float, most: int) -> list[Told]:
    """What the webhook is to be told now, oldest first. What is settled already is told to nobody."""
    wanted = select(Notice.__table__).where(Notice.next_try_at <= now, Notice.settled_at.is_(None))
    rows = await connection.execute(wanted.order_by(Notice.next_try_at, Notice.id).limit(most))
    return [_told(row) for row in rows]


async def tried(connection: AsyncConnection, id: int, *, tries: int, again_at: float | None) -> None:
    """Note a try; without a next one it was told, or is given up."""
    await connection.execute(update(Notice).where(Notice.id == id).values(tries=tries, next_try_at=again_at))


async def any_to_forget(connection: AsyncConnection, *, now: float) -> bool:
    """Whether `forget` has anything to do: looked up first, because a write costs the disk a turn."""
    return (await connection.execute(_old(now).limit(1))).first() is not None


async def forget(connection: AsyncConnection, *, now: float) -> None:
    """Drop what is settled, or was only to be known, when its time is over."""
    old = _old(now)
    await connection.execute(delete(NoticeRead).where(NoticeRead.notice_id.in_(old)))
    await connection.execute(delete(Notice).where(Notice.id.in_(old)))


def _old(now: float) -> Select[int]:
    over = or_(Notice.settled_at.is_not(None), Notice.kind.in_(TO_KNOW))
    return select(Notice.id).where(Notice.posted_at < now - KEPT_DAYS * 86_400, over)


def _unread(person: str, audiences: Collection[Audience]) -> ColumnElement[bool]:
    to = or_(*(and_(Notice.audience == one.kind, Notice.name == one.name) for one in audiences))
    aside = select(NoticeRead.notice_id).where(NoticeRead.person == person)
    return and_(Notice.settled_at.is_(None), to, Notice.id.not_in(aside))


def _told(row: Row[Any]) -> Told:
    return Told(
        id=row.id, kind=row.kind, to=Audience(row.audience, row.name), about=row.about, text=row.text, link=row.link,
        posted_at=row.posted_at, tries=row.tries,
    )  # fmt: skip
