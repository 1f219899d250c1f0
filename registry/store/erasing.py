"""Taking somebody's name out of what is kept: calls stay counted, the audit log stays verifiable."""

import re
import secrets
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.audit import ERASED, Line
from platform_core.canonical import canonical
from registry.store import audit, references
from registry.store.approval_tables import AskedCall
from registry.store.audit_tables import AuditLine
from registry.store.impact_tables import MonthCaller
from registry.store.notice_tables import Notice, NoticeRead
from registry.store.retention_tables import Erasure
from registry.store.tables import DayCaller, Invocation, InvocationBody, Session, Table, TurnedAway

STEP = 500
NAMES: tuple[tuple[type[Table], str], ...] = (
    (DayCaller, "user"),
    (MonthCaller, "user"),
    (TurnedAway, "user"),
    (AskedCall, "subject"),
    (AskedCall, "answered_by"),
)
"""Where a name stands alone; elsewhere it stands in records, in the audit log and in what is dropped whole."""


async def ask(connection: AsyncConnection, *, person: str, by: str, reason: str, now: float) -> str:
    """Write down that `person` is to be erased, and return what will stand in the name's place."""
    if before := (await connection.execute(select(Erasure.alias).where(Erasure.person == person))).scalar():
        return before
    alias = f"erased-{secrets.token_hex(6)}"
    row = {"alias": alias, "person": person, "asked_by": by, "asked_at": now, "audited": 0}
    await connection.execute(insert(Erasure).values(row))
    detail: dict[str, JsonValue] = {"reason": _replaced(reason, person, alias)}
    await audit.append(connection, act="erasure.asked", actor=by, about=alias, detail=detail, now=now)
    return alias


async def asked(connection: AsyncConnection, *, most: int = 50) -> list[RowMapping]:
    """The newest erasures, without names."""
    wanted = select(Erasure.alias, Erasure.asked_by, Erasure.asked_at, Erasure.done_at)
    return list((await connection.execute(wanted.order_by(Erasure.asked_at.desc()).limit(most))).mappings())


async def step(connection: AsyncConnection, *, now: float) -> bool:
    """Do a part of what was asked; returns whether that may not be all. Once stopped, it goes on where it was."""
    wanted = select(Erasure.alias, Erasure.person, Erasure.audited).where(Erasure.done_at.is_(None))
    due = (await connection.execute(wanted.order_by(Erasure.asked_at).limit(1))).one_or_none()
    if due is None or due.person is None:
        return False
    if await _from_records(connection, due.person, due.alias):
        return True
    if await _from_the_audit_log(connection, due.person, due.alias, after=due.audited, now=now):
        return True
    await _from_the_rest(connection, due.person, due.alias)
    await connection.execute(update(Erasure).where(Erasure.alias == due.alias).values(person=None, done_at=now))
    return True


async def _from_records(connection: AsyncConnection, person: str, alias: str) -> bool:
    some = select(Invocation.id).where(Invocation.user == person).limit(STEP)
    calls = list((await connection.execute(some)).scalars())
    if not calls:
        return False
    gone: dict[str, Any] = dict.fromkeys(("arguments", "stack", "token_id", "request_id", "channel"))
    without = gone | {"user": alias, "groups": "[]", "business_groups": "[]"}
    await connection.execute(update(Invocation).where(Invocation.id.in_(calls)).values(without))
    await connection.execute(delete(InvocationBody).where(InvocationBody.id.in_(calls)))
    await references.forget(connection, calls)
    return True


async def _from_the_audit_log(connection: AsyncConnection, person: str, alias: str, *, after: int, now: float) -> bool:
    lines = await audit.lines(connection, after=after, most=STEP)
    if not lines:
        return False
    said: dict[str, JsonValue] = {}
    for line in lines:
        if (without := _without(line, person, alias)) is not None:
            await connection.execute(update(AuditLine).where(AuditLine.number == line.number).values(_words(without)))
            said[str(line.number)] = without.said()
    if said:
        detail: dict[str, JsonValue] = {"lines": said}
        await audit.append(connection, act=ERASED, actor="registry", about=alias, detail=detail, now=now)
    await connection.execute(update(Erasure).where(Erasure.alias == alias).values(audited=lines[-1].number))
    return True


async def _from_the_rest(connection: AsyncConnection, person: str, alias: str) -> None:
    for table, name in NAMES:
        await connection.execute(update(table).where(getattr(table, name) == person).values({name: alias}))
    await connection.execute(delete(Notice).where(Notice.audience == "person", Notice.name == person))
    await connection.execute(delete(NoticeRead).where(NoticeRead.person == person))
    await connection.execute(delete(Session).where(func.json_extract(Session.person, "$.subject") == person))


def _words(line: Line) -> dict[str, Any]:
    changed = line.model_dump(include={"actor", "about", "salt"})
    return changed | {"detail": canonical(dict(line.detail)).decode()}


def _without(line: Line, person: str, alias: str) -> Line | None:
    detail = cast("dict[str, JsonValue]", _replaced(dict(line.detail), person, alias))
    actor, about = _replaced(line.actor, person, alias), _replaced(line.about, person, alias)
    if (actor, about, detail) == (line.actor, line.about, line.detail):
        return None
    said = {"actor": actor, "about": about, "detail": detail, "salt": secrets.token_hex(16)}
    return line.model_copy(update=said)


def _replaced(value: Any, person: str, alias: str) -> Any:
    """`value` with the name, as a word of its own, replaced wherever it stands."""
    match value:
        case str():
            return re.sub(rf"(?<![\w.@-]){re.escape(person)}(?![\w@-])", alias, value)
        case list():
            return [_replaced(item, person, alias) for item in cast("list[object]", value)]
        case dict():
            pairs = cast("dict[str, object]", value).items()
            return {_replaced(name, person, alias): _replaced(item, person, alias) for name, item in pairs}
        case _:
            return value
