"""What the registry is made of, put together once and handed to both of its applications."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, cast

import httpx2
from fastapi import Depends, Request

from platform_core.auth.border import Border
from platform_core.auth.jwks import JwksFollower
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.auth.tokens import Verifier
from platform_core.policy.keys import read_pinned_keys
from registry.broadcast import Broadcast
from registry.oidc import Provider
from registry.policies import Policies
from registry.settings import RegistrySettings
from registry.store.database import Database, open_database
from registry.store.standing import Standings

REGISTRY = "registry"
"""What the registry calls itself in its refusals."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The registry without its doors."""

    settings: RegistrySettings
    platform: PlatformSettings
    database: Database
    standings: Standings
    broadcast: Broadcast
    policies: Policies
    keys: JwksFollower
    verifier: Verifier
    border: Border
    provider: Provider
    clock: Callable[[], float]

    def url_of(self, server: str) -> str:
        """Where a server is: made of base and name, never an author's text."""
        return f"{self.platform.base}/mcp/{server}"


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
    broadcast = Broadcast()
    keys = JwksFollower(auth.jwks_url, every=auth.jwks_seconds)
    verifier = Verifier.of(keys, auth, "production", clock=clock)
    async with (
        open_database(settings.database_in(platform)) as database,
        httpx2.AsyncClient(timeout=5.0, trust_env=False) as http,
        asyncio.TaskGroup() as background,
    ):
        following = background.create_task(keys.run())
        try:
            yield Parts(
                settings=settings,
                platform=platform,
                database=database,
                standings=Standings(pinned),
                broadcast=broadcast,
                policies=Policies(database=database, keys=pinned, broadcast=broadcast, clock=clock),
                keys=keys,
                verifier=verifier,
                border=Border(REGISTRY, verifier),
                provider=Provider(http, keys, issuer=auth.issuer),
                clock=clock,
            )
        finally:
            broadcast.close()
            following.cancel()


def _parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


PartsHere = Annotated[Parts, Depends(_parts)]
"""The parts, for an endpoint that asks for them."""
