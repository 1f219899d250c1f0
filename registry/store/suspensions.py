"""Signed lists of what is suspended: every version is kept, the highest is in force."""

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import Environment
from platform_core.policy.sign import SignedArtefact
from platform_core.policy.suspend import Suspensions
from registry.store.tables import Suspended


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The list and its signature."""

    suspensions: Suspensions
    signed: SignedArtefact


async def in_force(connection: AsyncConnection, environment: Environment) -> InForce | None:
    """What is suspended in `environment`; nothing where nothing ever was.

    It was verified when it was taken. A key that has been withdrawn since opens nothing that was closed.
    """
    wanted = select(Suspended.signed).where(Suspended.environment == environment)
    found = (await connection.execute(wanted.order_by(Suspended.version.desc()).limit(1))).scalar()
    if found is None:
        return None
    signed = SignedArtefact.model_validate_json(found)
    return InForce(suspensions=Suspensions.model_validate_json(signed.payload), signed=signed)


async def keep(connection: AsyncConnection, closed: InForce, *, now: float) -> None:
    """Add a list that was verified; it is in force, because its version is the highest."""
    suspensions = closed.suspensions
    row = {"environment": suspensions.environment, "version": suspensions.version, "taken_at": now}
    await connection.execute(insert(Suspended).values(row | {"signed": closed.signed.model_dump_json()}))
