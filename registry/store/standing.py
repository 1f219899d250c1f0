"""Each server as it stands now: what is registered, which policy is in force, how it is."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import Environment, PolicyArtefact
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import UntrustedArtefact, verify
from platform_core.policy.suspend import Suspension, Suspensions
from platform_core.registration.contract import Contract
from platform_core.registration.manifest import Manifest
from registry.store.artefacts import signed_by_id
from registry.store.health import State
from registry.store.memo import Memo
from registry.store.servers import said_by_id
from registry.store.suspensions import in_force
from registry.store.tables import Health, Server

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Wellbeing:
    """The probe's last word on a server."""

    state: State = "unknown"
    reason: str = "not checked yet"
    checked_at: float | None = None
    since: float | None = None
    seen_at: float | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One server in one environment, now."""

    environment: Environment
    manifest: Manifest
    contract: Contract
    contract_digest: str
    version: str
    artefact: PolicyArtefact | None
    health: Wellbeing
    registered_at: float
    withdrawn: bool
    closed: Suspensions | None
    """What is suspended in the environment."""

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def suspended(self) -> Suspension | None:
        """Why the server as a whole is closed to everybody, where it is."""
        return self.closed.closing(self.name, None, "") if self.closed else None


class Standings:
    """Reads standings. What can't change (a version, a signed policy) is parsed and verified once."""

    def __init__(self, keys: PinnedKeys) -> None:
        self._keys = keys
        self._said = Memo(said_by_id)
        self._artefacts = Memo(self._verified)

    async def all(self, connection: AsyncConnection, environment: Environment) -> list[Standing]:
        """Every server that is not withdrawn, by name."""
        wanted = _select(environment).where(Server.withdrawn_at.is_(None)).order_by(Server.name)
        return await self._read(connection, wanted, environment)

    async def every(self, connection: AsyncConnection, environment: Environment) -> list[Standing]:
        """Every server, withdrawn or not, by name."""
        return await self._read(connection, _select(environment).order_by(Server.name), environment)

    async def one(self, connection: AsyncConnection, environment: Environment, name: str) -> Standing | None:
        """One server, withdrawn or not, or nothing where nobody registered it."""
        found = await self._read(connection, _select(environment).where(Server.name == name), environment)
        return found[0] if found else None

    async def _read(
        self, connection: AsyncConnection, wanted: Select[*tuple[Any, ...]], environment: Environment
    ) -> list[Standing]:
        rows = (await connection.execute(wanted)).all()
        said = await self._said.get(connection, {row.version_id for row in rows})
        closed = await in_force(connection, environment)
        artefacts = await self._artefacts.get(connection, {row.artefact_id for row in rows if row.artefact_id})
        return [
            Standing(
                environment=environment,
                manifest=said[row.version_id].registration.manifest,
                contract=said[row.version_id].registration.contract,
                contract_digest=said[row.version_id].contract_digest,
                version=said[row.version_id].registration.version,
                artefact=artefacts.get(row.artefact_id),
                health=_wellbeing(row),
                registered_at=said[row.version_id].registered_at,
                withdrawn=row.withdrawn_at is not None,
                closed=closed.suspensions if closed else None,
            )
            for row in rows
        ]

    async def _verified(self, connection: AsyncConnection, ids: Collection[int]) -> dict[int, PolicyArtefact | None]:
        found: dict[int, PolicyArtefact | None] = {}
        for number, signed in (await signed_by_id(connection, ids)).items():
            try:
                found[number] = verify(signed, self._keys)
            except UntrustedArtefact as error:
                # Taken under a key that is pinned no more: servers refuse it too.
                log.error("the kept policy %d is not obeyed: %s", number, error)
                found[number] = None
        return found


def _select(environment: Environment) -> Select[*tuple[Any, ...]]:
    seen = (Health.server == Server.name) & (Health.environment == Server.environment)
    return (
        select(
            Server.version_id, Server.artefact_id, Server.withdrawn_at,
            Health.state, Health.reason, Health.checked_at, Health.since, Health.seen_at,
        )
        .outerjoin(Health, seen)
        .where(Server.environment == environment)
    )  # fmt: skip


def _wellbeing(row: Row[Any]) -> Wellbeing:
    if row.state is None:
        return Wellbeing()
    return Wellbeing(
        state=cast("State", row.state),
        reason=row.reason,
        checked_at=row.checked_at,
        since=row.since,
        seen_at=row.seen_at,
    )
