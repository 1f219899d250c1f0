"""The audit log: written in the transaction of whatever it tells of, so that one is never there without the other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import JsonValue
from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.audit import BEGINNING, Line, seal
from platform_core.canonical import canonical
from registry.store.audit_tables import AuditLine

NOTHING: Mapping[str, JsonValue] = MappingProxyType({})


async def append(
    connection: AsyncConnection,
    *,
    act: str,
    actor: str,
    about: str,
    detail: Mapping[str, JsonValue] = NOTHING,
    now: float,
) -> None:
    """Add a line, in the caller's own writing transaction: "review.granted" by `actor` about a server or a person."""
    number, before = await head(connection)
    line = seal(number=number + 1, before=before, time=now, act=act, actor=actor, about=about, detail=detail)
    row = line.model_dump() | {"detail": canonical(dict(line.detail)).decode()}
    await connection.execute(insert(AuditLine).values(row))


async def head(connection: AsyncConnection) -> tuple[int, str]:
    """Number and digest of the newest line."""
    wanted = select(AuditLine.number, AuditLine.digest).order_by(AuditLine.number.desc()).limit(1)
    found = (await connection.execute(wanted)).one_or_none()
    return (found.number, found.digest) if found else (0, BEGINNING)


async def lines(connection: AsyncConnection, *, after: int, most: int) -> list[Line]:
    """Up to `most` lines in their order, from the one after the line `after`."""
    wanted = select(AuditLine.__table__).where(AuditLine.number > after).order_by(AuditLine.number).limit(most)
    return [_line(row) for row in (await connection.execute(wanted)).mappings()]


def _line(row: RowMapping) -> Line:
    return Line.model_validate(dict(row) | {"detail": json.loads(row["detail"])})


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Which lines: each that is named narrows the list."""

    actor: str | None = None
    about: str | None = None
    """A server finds its tools too."""
    act: str | None = None
    """An act, or the part before its dot: `review` finds `review.granted`."""
    either: str | None = None
    """Whoever did it or whatever it was about."""
    before: int | None = None


async def newest(connection: AsyncConnection, sought: Sought, *, most: int) -> list[Line]:
    """The newest lines that fit, newest first."""
    wanted = select(AuditLine.__table__).order_by(AuditLine.number.desc()).limit(most)
    if sought.actor is not None:
        wanted = wanted.where(AuditLine.actor == sought.actor)
    if sought.about is not None:
        parts = AuditLine.about.startswith(f"{sought.about}/", autoescape=True)
        wanted = wanted.where((AuditLine.about == sought.about) | parts)
    if sought.either is not None:
        wanted = wanted.where((AuditLine.actor == sought.either) | (AuditLine.about == sought.either))
    if sought.act is not None:
        within = AuditLine.act.startswith(f"{sought.act}.", autoescape=True)
        wanted = wanted.where((AuditLine.act == sought.act) | within)
    if sought.before is not None:
        wanted = wanted.where(AuditLine.number < sought.before)
    return [_line(row) for row in (await connection.execute(wanted)).mappings()]
