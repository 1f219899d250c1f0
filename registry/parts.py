"""What the registry is made of, put together once and handed to both of its applications."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from platform_core.auth.border import Border
from platform_core.auth.clients import Environment
from platform_core.auth.jwks import JwksFollower
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.auth.tokens import Verifier
from platform_core.outgoing import Outgoing, OutgoingSettings
from platform_core.policy.keys import read_pinned_keys
from registry.approvals.bell import Bell
from registry.approvals.keeping import Keeping
from registry.audience import Audiences
from registry.broadcast import Broadcast
from registry.notices.tellers import tellers_of
from registry.offline import OfflineFolder
from registry.oidc import Provider
from registry.policies import Policies
from registry.refused import unknown_environment
from registry.retention import Retention
from registry.reviews.reviews import Reviews
from registry.settings import RegistrySettings
from registry.signing import Signing
from registry.store.database import Database, open_database
from registry.store.present import Present
from registry.store.search import Index
from registry.store.standing import Standings
from registry.suspending import Suspending

REGISTRY = "registry"
"""What the registry calls itself in its refusals."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The registry without its doors."""

    settings: RegistrySettings
    platform: PlatformSettings
    database: Database
    standings: Standings
    present: Present
    audiences: Audiences
    index: Index
    broadcast: Broadcast
    policies: Policies
    suspending: Suspending
    reviews: Reviews
    retention: Retention
    keys: JwksFollower
    verifier: Verifier
    border: Border
    provider: Provider
    approvals: Keeping
    bell: Bell
    clock: Callable[[], float]

    @property
    def bases(self) -> Mapping[Environment, str]:
        """The environments that there are, with the URL of each."""
        return self.settings.bases_in(self.platform)

    def base_of(self, environment: Environment) -> str:
        """Where an environment is."""
        if (base := self.bases.get(environment)) is None:
            raise unknown_environment(environment)
        return base

    def url_of(self, environment: Environment, server: str) -> str:
        """Where a server is: made of base and name, never an author's text."""
        return f"{self.base_of(environment)}/mcp/{server}"


@asynccontextmanager
async def open_parts(
    settings: RegistrySettings,
    platform: PlatformSettings,
    auth: AuthSettings,
    *,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[Parts]:
    """Open the database, bring it up to date, and follow the issuer's keys while the block runs."""
    pinned = read_pinned_keys(platform.policy_keys_file)
    broadcast, bell = Broadcast(), Bell()
    keys = JwksFollower(auth.jwks_url, every=auth.jwks_seconds)
    verifier = Verifier.of(keys, auth, "production", clock=clock)
    async with (
        open_database(settings.database_in(platform)) as database,
        asyncio.TaskGroup() as background,
    ):
        signing = Signing(settings.signer_socket_in(platform))
        policies = Policies(database=database, keys=pinned, broadcast=broadcast, clock=clock)
        reviews = Reviews(database=database, policies=policies, signing=signing, clock=clock)
        retention = Retention(
            database=database,
            arguments_days=settings.arguments_days,
            records_days=settings.records_days,
            clock=clock,
        )
        suspending = Suspending(
            database=database,
            keys=pinned,
            broadcast=broadcast,
            signing=signing,
            folder=OfflineFolder(platform.suspensions_folder, pinned),
            clock=clock,
        )
        standings = Standings(pinned)
        present = Present(database, standings)
        approvals = Keeping(database=database, bell=bell, clock=clock)
        outgoing = Outgoing(OutgoingSettings.load(), known=(auth.issuer,))
        tellers = tellers_of(standings, suspending, approvals, base=platform.base, clock=clock)
        following = [background.create_task(part.run()) for part in (*tellers, keys, suspending, reviews, retention)]
        try:
            yield Parts(
                settings=settings,
                platform=platform,
                database=database,
                standings=standings,
                present=present,
                audiences=Audiences(present),
                index=Index(),
                broadcast=broadcast,
                policies=policies,
                suspending=suspending,
                reviews=reviews,
                retention=retention,
                keys=keys,
                verifier=verifier,
                border=Border(REGISTRY, verifier),
                approvals=approvals,
                bell=bell,
                provider=Provider(outgoing, keys, issuer=auth.issuer),
                clock=clock,
            )
        finally:
            broadcast.close()
            bell.close()
            for task in following:
                task.cancel()


async def _parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


PartsHere = Annotated[Parts, Depends(_parts)]
"""The parts, for an endpoint that asks for them."""
