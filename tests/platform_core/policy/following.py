"""A follower at work, watched from outside."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.policy.follow import Follower
from platform_core.policy.lease import LeaseClock
from platform_core.policy.sign import SignedArtefact
from platform_core.policy.suspend import Suspensions
from tests.platform_core.policies import PINNED, a_policy
from tests.platform_core.registry import Registry, signed
from tests.platform_core.serving import PATIENCE


class Watched:
    """A follower and what it went through."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.history: list[dict[str, int]] = []
        self._changed = asyncio.Event()
        follower.on_change(self._note)

    def _note(self) -> None:
        self.history.append(self.versions)
        self._changed.set()

    @property
    def versions(self) -> dict[str, int]:
        """Version in force, by server."""
        return {server: policy.version for server, policy in self.follower.current.items()}

    async def until(self, **versions: int) -> None:
        """Return when exactly these versions are in force."""
        await self.until_so(lambda: self.versions == versions)

    async def until_suspended(self, suspensions: Suspensions) -> None:
        """Return when exactly this is suspended."""
        await self.until_so(lambda: self.follower.standing.suspensions == suspensions)

    async def until_so(self, so: Callable[[], bool]) -> None:
        """Return when `so` holds; it is asked after every change."""
        async with asyncio.timeout(PATIENCE):
            while not so():
                self._changed.clear()
                await self._changed.wait()


def a_follower(registry: Registry, **changed: Any) -> Follower:
    told: dict[str, Any] = {
        "registry": registry.socket,
        "environment": "production",
        "keys": PINNED,
        "state": registry.socket.parent / "state",
        "server": "shop",
        "suspensions": registry.socket.parent / "suspensions",
    }
    told |= changed
    if "lease" not in told:
        told["lease"] = LeaseClock(told["state"] / "lease", sensitive=3_600, whole=86_400)
        told["lease"].heard()
    return Follower(**told)


@asynccontextmanager
async def following(registry: Registry, **changed: Any) -> AsyncGenerator[Watched]:
    """A follower at work while the block runs."""
    watched = Watched(a_follower(registry, **changed))
    work = asyncio.create_task(watched.follower.run())
    try:
        yield watched
        assert not work.done(), "following ended"
    finally:
        work.cancel()
        await asyncio.wait([work])


def kept(registry: Registry) -> Path:
    """Where the follower of `shop` keeps its policy."""
    return registry.socket.parent / "state" / "policies" / "production" / "shop.json"


STRANGER = Ed25519PrivateKey.generate()


def tampered() -> SignedArtefact:
    """A wider policy under the signature of a narrower one."""
    wider = signed(a_policy(version=2, gate={"business_groups": ["*"]}))
    return SignedArtefact.model_validate_json(
        json.dumps(
            wider.model_dump(mode="json") | {"signature": signed(a_policy()).model_dump(mode="json")["signature"]}
        )
    )
