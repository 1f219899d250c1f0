"""Signed policies: every version is kept, the highest is in force."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import Environment, PolicyArtefact
from platform_core.policy.sign import SignedArtefact
from registry.store import audit
from registry.store.tables import Artefact, Server, Version


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a new policy has to fit: the contract that is registered and the policy that is in force."""

    contract_digest: str
    withdrawn: bool
    version: int | None
    signed: SignedArtefact | None


async def ground(connection: AsyncConnection, environment: Environment, server: str) -> Ground | None:
    """Where a policy for `server` would land, or nothing where nobody registered it."""
    row = (
        await connection.execute(
            select(Version.contract_digest, Server.withdrawn_at, Artefact.version, Artefact.signed)
            .join(Version, Version.id == Server.version_id)
            .outerjoin(Artefact, Artefact.id == Server.artefact_id)
            .where(Server.environment == environment, Server.name == server)
        )
    ).one_or_none()
    if row is None:
        return None
    contract_digest, withdrawn_at, version, signed = row
    return Ground(
        contract_digest=contract_digest,
        withdrawn=withdrawn_at is not None,
        version=version,
        signed=SignedArtefact.model_validate_json(signed) if signed else None,
    )


async def keep(connection: AsyncConnection, artefact: PolicyArtefact, signed: SignedArtefact, *, now: float) -> None:
    """Add a policy that was checked and put it in force."""
    row = {
        "environment": artefact.environment,
        "server": artefact.server,
        "version": artefact.version,
        "contract_digest": artefact.contract_digest,
        "signed": signed.model_dump_json(),
        "taken_at": now,
    }
    kept = await connection.execute(insert(Artefact).values(row).returning(Artefact.id))
    await connection.execute(
        update(Server)
        .where(Server.environment == artefact.environment, Server.name == artefact.server)
        .values(artefact_id=kept.scalar_one(), changed_at=now)
    )
    await audit.append(
        connection,
        act="policy.in-force",
        actor=f"key {signed.key}",
        about=artefact.server,
        detail={
            "environment": artefact.environment,
            "version": artefact.version,
            "contract": artefact.contract_digest,
            "reviews": [f"{review.kind} by {review.reviewer}, {review.ticket}" for review in artefact.reviews],
        },
        now=now,
    )


async def in_force(
    connection: AsyncConnection, environment: Environment, server: str | None = None
) -> list[SignedArtefact]:
    """The policies in force of all servers that are not withdrawn, or of one."""
    wanted = (
        select(Artefact.signed)
        .join(Server, Server.artefact_id == Artefact.id)
        .where(Server.environment == environment, Server.withdrawn_at.is_(None))
        .order_by(Server.name)
    )
    if server is not None:
        wanted = wanted.where(Server.name == server)
    return [SignedArtefact.model_validate_json(text) for text in (await connection.execute(wanted)).scalars()]


async def version(
    connection: AsyncConnection, environment: Environment, server: str, number: int
) -> SignedArtefact | None:
    """One version of a server's policy, in force or not."""
    found = await connection.execute(
        select(Artefact.signed).where(
            Artefact.environment == environment, Artefact.server == server, Artefact.version == number
        )
    )
    text = found.scalar_one_or_none()
    return SignedArtefact.model_validate_json(text) if text else None


async def signed_by_id(connection: AsyncConnection, ids: Collection[int]) -> dict[int, SignedArtefact]:
    """Signed policies by row number."""
    rows = await connection.execute(select(Artefact.id, Artefact.signed).where(Artefact.id.in_(ids)))
    return {number: SignedArtefact.model_validate_json(text) for number, text in rows}


def opened(signed: SignedArtefact) -> PolicyArtefact:
    """The policy inside of one that was verified when it was taken."""
    return PolicyArtefact.model_validate_json(signed.payload)
