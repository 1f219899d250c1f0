"""A change is pushed to everybody who follows: nobody is missed, and everybody obeys the changes in their order."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.platform_core.policies import a_policy, suspended
from tests.platform_core.policy.following import Watched, following
from tests.platform_core.registry import Registry, suspensions_line

pytestmark = pytest.mark.usefixtures("state")
MANY = 100


async def _many(registry: Registry, stack: AsyncExitStack) -> list[Watched]:
    state = registry.socket.parent / "state"
    watched = [
        await stack.enter_async_context(following(registry, state=state / str(number))) for number in range(MANY)
    ]
    await asyncio.gather(*(one.until(shop=1) for one in watched))
    await asyncio.gather(*(one.follower.wait_ready() for one in watched))
    return watched


async def test_a_hundred_followers_obey_every_change_in_its_order(registry: Registry) -> None:
    registry.publish(a_policy(version=1))
    async with AsyncExitStack() as stack:
        watched = await _many(registry, stack)
        for version in range(2, 6):
            registry.publish(a_policy(version=version))
        await asyncio.gather(*(one.until(shop=5) for one in watched))
        assert [one.history for one in watched] == [[{"shop": version} for version in range(1, 6)]] * MANY


async def test_a_suspension_reaches_a_hundred_followers_and_so_does_its_end(registry: Registry) -> None:
    registry.publish(a_policy(version=1))
    async with AsyncExitStack() as stack:
        watched = await _many(registry, stack)
        for version, what in ((1, [{"server": "shop"}]), (2, [])):
            document = suspended(*what, version=version)
            await asyncio.to_thread(registry.wait_for, lambda r: len(r.asked) >= MANY)
            registry.say(suspensions_line(document))
            await asyncio.gather(*(one.until_suspended(document) for one in watched))
