"""Policies are pushed: a whole answer first, then every change, to everybody who follows."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from platform_core.policy.follow import Follower
from platform_core.policy.keys import PinnedKeys, read_pinned_keys
from platform_core.policy.lease import LeaseClock
from platform_core.policy.sign import SignedArtefact, verify
from registry.broadcast import ROOM, Broadcast, Change, Ended
from tests.registry.stage import KEY, PATIENCE, Registry, Signer, eventually, registration


class Following:
    """One follower of the stream, line by line."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The next line that is no beat."""
        while True:
            line = json.loads(await asyncio.wait_for(anext(self._lines), PATIENCE))
            if line["kind"] != "beat":
                return line

    async def until_current(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        while (line := await self.next())["kind"] != "current":
            lines.append(line)
        return lines


@asynccontextmanager
async def follow(registry: Registry, **query: str) -> AsyncGenerator[Following]:
    async with registry.platform.stream("GET", "/api/policies/stream", params=query) as answer:
        yield Following(answer.raise_for_status())


def said_by(signer: Signer, line: dict[str, Any]) -> tuple[str, int]:
    keys = PinnedKeys(policy={KEY: signer.private.public_key()})
    artefact = verify(SignedArtefact.model_validate(line["signed"]), keys)
    return artefact.server, artefact.version


async def test_a_follower_gets_every_policy_in_force_and_then_the_word_current(
    served: Registry, signer: Signer
) -> None:
    await served.make_live("presto", version=4)
    await served.make_live("seed")
    async with follow(served) as following:
        lines = await following.until_current()
    assert [said_by(signer, line) for line in lines] == [("presto", 4), ("seed", 1)]


async def test_two_followers_hear_of_a_change_in_the_same_order(served: Registry, signer: Signer) -> None:
    await served.make_live("presto")
    async with AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(follow(served)) for _ in range(2)]
        for following in followers:
            await following.until_current()
        await served.put(signer.policy(registration("presto"), version=2))
        await served.platform.delete("/api/servers/presto")
        await served.register(registration("presto"))
        for following in followers:
            first, second, third = [await following.next() for _ in range(3)]
            assert said_by(signer, first) == ("presto", 2)
            assert second == {"kind": "withdrawn", "server": "presto"}
            assert said_by(signer, third) == ("presto", 2)


async def test_a_follower_of_one_server_hears_of_no_other(served: Registry, signer: Signer) -> None:
    await served.make_live("presto")
    async with follow(served, server="seed") as following:
        assert await following.until_current() == []
        await served.put(signer.policy(registration("presto"), version=2))
        await served.make_live("seed")
        assert said_by(signer, await following.next()) == ("seed", 1)


async def test_a_withdrawn_server_is_in_nobodys_whole_answer(served: Registry) -> None:
    await served.make_live("presto")
    await served.platform.delete("/api/servers/presto")
    async with follow(served) as following:
        assert await following.until_current() == []


async def test_the_other_environment_is_another_stream(served: Registry) -> None:
    await served.make_live("presto")
    async with follow(served, environment="dev") as following:
        assert await following.until_current() == []
    refused = await served.platform.get("/api/policies/stream", params={"environment": "staging"})
    assert refused.status_code == 400


async def test_the_cores_own_follower_obeys_what_is_pushed(served: Registry, signer: Signer, folder: Path) -> None:
    await served.make_live("presto")
    follower = Follower(
        registry=folder / "platform" / "registry.sock",
        environment="production",
        keys=read_pinned_keys(folder / "keys.json"),
        state=folder / "follower",
        suspensions=folder / "suspensions",
        lease=LeaseClock(folder / "lease", sensitive=3_600, whole=86_400),
    )
    following = asyncio.create_task(follower.run())
    try:
        await asyncio.wait_for(follower.wait_ready(), PATIENCE)
        await served.put(signer.policy(registration("presto"), version=2))
        await eventually(lambda: follower.current["presto"].version == 2, "version 2 arrives")
        await served.platform.delete("/api/servers/presto")
        await eventually(lambda: "presto" not in follower.current, "the withdrawal arrives")
    finally:
        following.cancel()


async def test_a_follower_that_hangs_up_is_forgotten(served: Registry) -> None:
    async with follow(served) as following:
        await following.until_current()
        assert served.parts.broadcast.followers == 1
    await eventually(lambda: served.parts.broadcast.followers == 0, "the follower is forgotten")


async def test_a_follower_that_does_not_keep_up_is_cut_off_and_nobody_waits_for_it() -> None:
    broadcast, change = Broadcast(), Change(environment="production", server="presto", signed=None)
    with broadcast.follow() as slow, broadcast.follow() as quick:
        for _ in range(ROOM + 1):
            broadcast.publish(change)
            assert await quick.next() == change
        assert broadcast.followers == 1
        with pytest.raises(Ended):
            await asyncio.wait_for(slow.next(), PATIENCE)


async def test_a_leaving_registry_lets_its_followers_go(served: Registry) -> None:
    async with follow(served) as following:
        await following.until_current()
        served.parts.broadcast.close()
        with pytest.raises(StopAsyncIteration):
            await following.next()
    assert (await served.platform.get("/health/ready")).status_code == 503
    assert (await served.platform.get("/health/live")).status_code == 200
