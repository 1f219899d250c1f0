"""Every version of a server that was approved for production, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.changes.words import day
from registry.official.documents import Status
from registry.official.latest import latest
from registry.store import deprecations
from registry.store.deprecations import Deprecated
from registry.store.standing import Standing
from registry.store.tables import Artefact, Server, Version


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version of one server. Times are seconds since the epoch."""

    server: str
    version: str
    row: int
    """Number of the row that says what the version is."""
    contract_digest: str
    in_force: bool
    """Whether it is the one that runs."""
    is_latest: bool
    status: Status
    message: str | None
    published_at: float
    changed_at: float
    """When the status began."""
    updated_at: float


@dataclass(frozen=True, kw_only=True)
class _Why:
    """Why a version is not simply there, in words that anybody may read, and since when."""

    why: str
    since: float


@dataclass(frozen=True, kw_only=True)
class Registered:
    """Where a server stands: the row of the version that runs, when that changed, whether it was taken down."""

    name: str
    version_id: int
    changed_at: float
    withdrawn_at: float | None
    deprecated: Deprecated | None


@dataclass(frozen=True, kw_only=True)
class _Approved:
    """A version whose contract a signed policy was made for, and the time from which it was both."""

    row: int
    server: str
    version: str
    contract_digest: str
    at: float


async def registered(connection: AsyncConnection) -> list[Registered]:
    """The servers of production by name."""
    wanted = select(Server.name, Server.version_id, Server.changed_at, Server.withdrawn_at)
    rows = await connection.execute(wanted.where(Server.environment == "production").order_by(Server.name))
    deprecated = await deprecations.all_of_them(connection)
    return [Registered(**row, deprecated=deprecated.get(row["name"])) for row in rows.mappings()]


async def releases(
    connection: AsyncConnection, servers: Sequence[Registered], standings: Mapping[str, Standing], *, now: float
) -> list[Release]:
    """The releases of `servers`, by name and version."""
    found: dict[str, list[_Approved]] = {server.name: [] for server in servers}
    for version in await _approved(connection, list(found)):
        found[version.server].append(version)
    made = [_of_one(server, found[server.name], standings, now) for server in servers]
    return [release for one in made for release in sorted(one, key=lambda each: each.version)]


async def _approved(connection: AsyncConnection, servers: list[str]) -> list[_Approved]:
    """In the order in which they were registered."""
    reviewed = (
        select(Artefact.server, Artefact.contract_digest, func.min(Artefact.taken_at).label("at"))
        .where(Artefact.environment == "production", Artefact.server.in_(servers))
        .group_by(Artefact.server, Artefact.contract_digest)
        .subquery()
    )
    same = (reviewed.c.server == Version.server) & (reviewed.c.contract_digest == Version.contract_digest)
    wanted = (
        select(
            Version.id, Version.server, Version.version, Version.contract_digest, Version.registered_at, reviewed.c.at
        )
        .join(reviewed, same)
        .where(Version.environment == "production")
        .order_by(Version.id)
    )
    return [
        _Approved(row=row, server=server, version=version, contract_digest=contract_digest, at=max(registered_at, at))
        for row, server, version, contract_digest, registered_at, at in await connection.execute(wanted)
    ]


def _of_one(server: Registered, said: list[_Approved], standings: Mapping[str, Standing], now: float) -> list[Release]:
    standing = standings.get(server.name)
    first: dict[str, float] = {}
    words: dict[str, _Approved] = {}
    for each in said:
        first.setdefault(each.version, each.at)
        if each.version not in words or words[each.version].row != server.version_id:
            words[each.version] = each  # said again under the same number: the last words count, or those in force
    if not first:
        return []
    newest = latest(sorted(first, key=lambda version: first[version]))
    told = standing.closed.issued_at if standing and standing.closed else 0
    closed, ending = _closed(server, standing, now), _ending(server.deprecated, standings)
    since = max(closed.since if closed else 0, ending.since if ending else 0)
    return [
        _release(
            each, server, closed, ending, is_latest=version == newest, published_at=first[version],
            updated_at=max(each.at, server.changed_at, since, told),
        )
        for version, each in words.items()
    ]  # fmt: skip


def _release(each: _Approved, server: Registered, closed: _Why | None, ending: _Why | None, **rest: Any) -> Release:
    in_force = each.row == server.version_id
    status: Status = "active" if in_force and not ending else "deprecated"
    message, since = (None, rest["published_at"]) if in_force else ("another version runs now", server.changed_at)
    if ending and in_force:
        message, since = ending.why, ending.since
    if closed:
        status, message, since = "deleted", closed.why, closed.since
    return Release(
        server=each.server, version=each.version, row=each.row, contract_digest=each.contract_digest,
        in_force=in_force, status=status, message=message, changed_at=since, **rest,
    )  # fmt: skip


def _ending(said: Deprecated | None, standings: Mapping[str, Standing]) -> _Why | None:
    """That a server is to be used no more. What takes its place is named where that is approved itself."""
    if said is None:
        return None
    successor = standings.get(said.successor or "")
    instead = f"use {said.successor} instead, " if successor and successor.artefact else ""
    return _Why(why=f"{instead}it ends on {day(said.ends_at)}", since=said.said_at)


def _closed(server: Registered, standing: Standing | None, now: float) -> _Why | None:
    """The same reasons for which everybody is refused (`registry.verdict`), in words that anybody may read."""
    if server.withdrawn_at is not None:
        return _Why(why="taken down", since=server.withdrawn_at)
    if standing is None or standing.artefact is None:
        return _Why(why="not approved", since=server.changed_at)
    if (suspended := standing.suspended) is not None:
        return _Why(why="suspended", since=suspended.at)
    if standing.artefact.contract_digest != standing.contract_digest:
        return _Why(why="changed since it was approved", since=server.changed_at)
    if now >= standing.artefact.not_after:
        return _Why(why="its approval has ended", since=standing.artefact.not_after)
    return None
