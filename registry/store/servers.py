"""Servers as the pipeline registers them: every different thing said is a new version, the last one is in force."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.canonical import digest
from platform_core.policy.artefact import Environment
from platform_core.registration.contract import Registration
from registry.store import audit
from registry.store.tables import Server, Version

PIPELINE = "pipeline"
"""Whoever registers by the platform's own door."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One version as it was registered, with the digest of its contract."""

    registration: Registration
    contract_digest: str
    registered_at: float


async def register(
    connection: AsyncConnection, registration: Registration, environment: Environment, *, now: float
) -> str:
    """Put `registration` in force and return its contract's digest. Said before, it is found again."""
    text, registration_digest, contract_digest = await asyncio.to_thread(_as_kept, registration)  # it may be long
    key = {
        "environment": environment,
        "server": registration.manifest.name,
        "registration_digest": registration_digest,
    }
    rest = {
        "version": registration.version,
        "registration": text,
        "registered_at": now,
        "contract_digest": contract_digest,
    }
    fresh = insert(Version).values(key | rest)
    if (await connection.execute(fresh.on_conflict_do_nothing())).rowcount:
        await _write_down(connection, "server.registered", environment, registration.manifest.name, now)
    version_id = (await connection.execute(select(Version.id).filter_by(**key))).scalar_one()
    await _put_in_force(connection, environment, registration.manifest.name, version_id, now)
    return contract_digest


def _as_kept(registration: Registration) -> tuple[str, str, str]:
    """The text of a registration, its digest, and that of its contract."""
    said = registration.model_dump(mode="json", by_alias=True)
    return registration.model_dump_json(by_alias=True), digest(said), registration.contract.digest


async def _put_in_force(
    connection: AsyncConnection, environment: Environment, name: str, version_id: int, now: float
) -> None:
    fresh = insert(Server).values(
        environment=environment, name=name, version_id=version_id, registered_at=now, changed_at=now
    )
    changes = {"version_id": version_id, "changed_at": now, "withdrawn_at": None}
    await connection.execute(
        fresh.on_conflict_do_update(index_elements=[Server.environment, Server.name], set_=changes)
    )


async def withdraw(connection: AsyncConnection, environment: Environment, name: str, *, now: float) -> bool:
    """Mark a server down. Returns whether it was up; its versions, policies and records stay."""
    changed = await connection.execute(
        update(Server)
        .where(Server.environment == environment, Server.name == name, Server.withdrawn_at.is_(None))
        .values(withdrawn_at=now, changed_at=now)
    )
    was_up = changed.rowcount == 1
    if was_up:
        await _write_down(connection, "server.withdrawn", environment, name, now)
    return was_up


async def _write_down(connection: AsyncConnection, act: str, environment: Environment, name: str, now: float) -> None:
    detail: dict[str, JsonValue] = {"environment": environment}
    await audit.append(connection, act=act, actor=PIPELINE, about=name, detail=detail, now=now)


async def said_by_id(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Said]:
    """What was registered, by row number."""
    rows = await connection.execute(
        select(Version.id, Version.registration, Version.contract_digest, Version.registered_at).where(
            Version.id.in_(ids)
        )
    )
    return {
        number: Said(
            registration=Registration.model_validate_json(text), contract_digest=contract_digest, registered_at=at
        )
        for number, text, contract_digest, at in rows
    }
