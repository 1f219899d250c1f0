"""What the probe remembers of servers that differ from what was registered."""

from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import Environment
from platform_core.registration.contract import Contract, Registration
from registry.store.drift_tables import DriftFound
from registry.store.tables import Version


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One server that differs, or whose tools were closed because it did."""

    version: str
    live_digest: str
    contract_digest: str
    changes: str
    times: int
    """How often in a row it differed; nothing where it is as registered again, and tools are closed still."""
    closed: str
    since: float
    seen_at: float


async def of(connection: AsyncConnection, environment: Environment, server: str) -> Drift | None:
    """What is remembered of a server."""
    wanted = select(DriftFound.__table__).filter_by(environment=environment, server=server)
    found = (await connection.execute(wanted)).mappings().one_or_none()
    return Drift(**{name: found[name] for name in Drift.__dataclass_fields__}) if found else None


async def servers(connection: AsyncConnection, environment: Environment) -> set[str]:
    """Of whom something is remembered."""
    wanted = select(DriftFound.server).where(DriftFound.environment == environment)
    return set((await connection.execute(wanted)).scalars())


async def keep(connection: AsyncConnection, environment: Environment, server: str, drift: Drift) -> None:
    """Remember this, instead of what was."""
    fresh = insert(DriftFound).values(environment=environment, server=server, **asdict(drift))
    await connection.execute(fresh.on_conflict_do_update(index_elements=["environment", "server"], set_=asdict(drift)))


async def drop(connection: AsyncConnection, environment: Environment, server: str) -> None:
    """Remember nothing of it."""
    gone = delete(DriftFound).where(DriftFound.environment == environment, DriftFound.server == server)
    await connection.execute(gone)


async def contracts_of(
    connection: AsyncConnection, environment: Environment, server: str, version: str, *, most: int = 5
) -> list[Contract]:
    """What a server promised under the version of its own that it names, the newest first."""
    wanted = select(Version.registration).filter_by(environment=environment, server=server, version=version)
    found = await connection.execute(wanted.order_by(Version.id.desc()).limit(most))
    return [Registration.model_validate_json(text).contract for text in found.scalars()]
