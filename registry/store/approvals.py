"""The steps of an approval on the registry's tables, each in the caller's own transaction and taken once."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from platform_core.approval.record import Answer, Approval, Bound, Shown, State, Way
from platform_core.approval.store import AT_MOST, UNSEEN_SECONDS, TooManyWait
from platform_core.policy.artefact import Environment
from registry.store.approval_tables import AskedCall

KEPT_DAYS = 30
_PLAIN = (
    "id", "asked_at", "expires_at", "agent", "trace_id", "answered_at", "answered_on", "answered_by", "begun_at",
    "ended_at", "reference", "after",
)  # fmt: skip


async def ask(connection: AsyncConnection, fresh: Approval) -> tuple[Approval, Approval | None]:
    """Return what lives for the same call, or keep `fresh`; and what ended here because it was shown differently."""
    now = fresh.asked_at
    living = await _living(connection, fresh, now)
    if living is not None and living.shown == fresh.shown:
        return living, None
    ended = living if living is not None and living.state != "declined" else None
    if ended is not None:
        await _change(connection, AskedCall.id == ended.id, state="expired")
    await _refuse_a_sixth(connection, fresh, now)
    void = ended.id if ended is not None and ended.state == "granted" else None
    await _keep(connection, fresh, earlier=await _unseen(connection, fresh) or void)
    return await read(connection, fresh.id, now=now) or fresh, ended


async def read(connection: AsyncConnection, id: str, *, now: float) -> Approval | None:
    """The approval as it stands at `now`, with the one that came before it."""
    row = (await connection.execute(_rows(AskedCall.id == id))).one_or_none()
    if row is None:
        return None
    before = (await connection.execute(_rows(AskedCall.id == row.earlier))).one_or_none() if row.earlier else None
    return _approval_of(row, now, before)


async def answer(
    connection: AsyncConnection, id: str, answer: Answer, *, by: str, on: Way, now: float, after: str | None = None
) -> bool:
    """From pending to what was said, to run after another where both were answered at once."""
    waits = and_(AskedCall.id == id, AskedCall.state == "pending", AskedCall.expires_at > now)
    said = {"answered_at": now, "answered_on": on, "answered_by": by, "after": after}
    return await _change(connection, waits, state=answer, **said)


async def consume(connection: AsyncConnection, id: str, *, now: float) -> bool:
    """From granted to consumed, once, and not before the call that goes first has ended."""
    first = aliased(AskedCall)
    ended = select(first.id).where(first.id == AskedCall.after, first.state == "done").exists()
    mine = and_(AskedCall.id == id, AskedCall.state == "granted", AskedCall.expires_at > now)
    return await _change(connection, and_(mine, or_(AskedCall.after.is_(None), ended)), state="consumed", begun_at=now)


async def refer(connection: AsyncConnection, id: str, reference: str) -> bool:
    return await _change(connection, AskedCall.id == id, reference=reference)


async def end(connection: AsyncConnection, id: str, how: Literal["done", "unknown"], *, now: float) -> bool:
    begun = and_(AskedCall.id == id, AskedCall.state.in_(("consumed", "unknown")))
    return await _change(connection, begun, state=how, ended_at=now)


async def waiting(connection: AsyncConnection, person: str, groups: Collection[str], *, now: float) -> list[Approval]:
    """What asks this person, or a group of theirs; oldest first."""
    asks = or_(AskedCall.subject == person, AskedCall.approvers.in_(groups))
    open_now = and_(AskedCall.state == "pending", AskedCall.expires_at > now)
    rows = await connection.execute(_rows(and_(asks, open_now)).order_by(AskedCall.asked_at, AskedCall.id))
    return [_approval_of(row, now) for row in rows]


async def latest(connection: AsyncConnection, person: str, *, now: float, most: int) -> list[Approval]:
    """What this person was asked, newest first, whatever became of it."""
    wanted = _rows(AskedCall.subject == person).order_by(AskedCall.asked_at.desc(), AskedCall.id).limit(most)
    return [_approval_of(row, now) for row in await connection.execute(wanted)]


async def run_out(connection: AsyncConnection, *, now: float) -> list[str]:
    """Write down what has ended by itself, forget what is old, and return the ids of questions that nobody answered."""
    late, unseen, old = _ended(now)
    ended = list((await connection.execute(select(AskedCall.id).where(late))).scalars())
    await _change(connection, late, state="expired")
    await _change(connection, unseen, state="unknown")
    await connection.execute(delete(AskedCall).where(old))
    return ended


async def any_has_run_out(connection: AsyncConnection, *, now: float) -> bool:
    """Whether `run_out` has anything to do: looked up first, because a write costs the disk a turn."""
    wanted = union_all(*(select(AskedCall.id).where(what) for what in _ended(now)))
    return (await connection.execute(wanted.limit(1))).first() is not None


def _ended(now: float) -> tuple[ColumnElement[bool], ...]:
    """Which nobody answered or used in time, of which begun ones nobody saw the end, and which are old."""
    return (
        and_(AskedCall.state.in_(("pending", "granted")), AskedCall.expires_at <= now),
        and_(AskedCall.state == "consumed", AskedCall.begun_at <= now - UNSEEN_SECONDS),
        AskedCall.asked_at <= now - KEPT_DAYS * 86_400,
    )


async def _living(connection: AsyncConnection, fresh: Approval, now: float) -> Approval | None:
    same = and_(AskedCall.key == fresh.bound.key, AskedCall.state.in_(("pending", "granted", "declined")))
    wanted = _rows(and_(same, AskedCall.expires_at > now)).order_by(AskedCall.asked_at.desc()).limit(1)
    row = (await connection.execute(wanted)).one_or_none()
    return None if row is None else _approval_of(row, now)


async def _unseen(connection: AsyncConnection, fresh: Approval) -> str | None:
    """The last time that this very call was begun, where nobody saw its end."""
    begun = and_(AskedCall.key == fresh.bound.key, AskedCall.state.in_(("consumed", "unknown", "done")))
    wanted = select(AskedCall.id, AskedCall.state).where(begun).order_by(AskedCall.begun_at.desc()).limit(1)
    row = (await connection.execute(wanted)).one_or_none()
    return None if row is None or row.state == "done" else str(row.id)


async def _refuse_a_sixth(connection: AsyncConnection, fresh: Approval, now: float) -> None:
    bound = fresh.bound
    wait = await of_one_server(connection, bound.subject, bound.environment, bound.server, now=now)
    if len(wait) >= AT_MOST:
        raise TooManyWait(tuple(wait))


async def of_one_server(
    connection: AsyncConnection, person: str, environment: Environment, server: str, *, now: float
) -> Sequence[Approval]:
    """What one server asks this person now, in the order of asking."""
    mine = and_(AskedCall.subject == person, AskedCall.state == "pending", AskedCall.expires_at > now)
    there = and_(AskedCall.environment == environment, AskedCall.server == server)
    rows = await connection.execute(_rows(and_(mine, there)).order_by(AskedCall.asked_at, AskedCall.id))
    return [_approval_of(row, now) for row in rows]


async def _keep(connection: AsyncConnection, fresh: Approval, *, earlier: str | None) -> None:
    bound, shown = fresh.bound, fresh.shown
    row = {
        "id": fresh.id, "key": bound.key, "environment": bound.environment, "server": bound.server,
        "subject": bound.subject, "approvers": shown.approvers, "bound": _text(bound), "shown": _text(shown),
        "agent": fresh.agent, "trace_id": fresh.trace_id, "earlier": earlier, "state": "pending",
        "asked_at": fresh.asked_at, "expires_at": fresh.expires_at,
    }  # fmt: skip
    await connection.execute(insert(AskedCall).values(row))


async def _change(connection: AsyncConnection, which: ColumnElement[bool], **values: Any) -> bool:
    return (await connection.execute(update(AskedCall).where(which).values(values))).rowcount == 1


def _rows(which: ColumnElement[bool]) -> Any:
    return select(AskedCall.__table__).where(which)


def _approval_of(row: Row[Any], now: float, earlier: Row[Any] | None = None) -> Approval:
    return Approval(
        bound=msgspec.json.decode(row.bound, type=Bound),
        shown=msgspec.json.decode(row.shown, type=Shown),
        state=_state(row, now),
        earlier=_approval_of(earlier, now) if earlier is not None else None,
        **{name: getattr(row, name) for name in _PLAIN},
    )


def _state(row: Row[Any], now: float) -> State:
    """What it is at `now`, whether or not that is written down already."""
    state: State = row.state
    if state in ("pending", "granted") and row.expires_at <= now:
        return "expired"
    return "unknown" if state == "consumed" and row.begun_at <= now - UNSEEN_SECONDS else state


def _text(value: Bound | Shown) -> str:
    return msgspec.json.encode(value).decode()
