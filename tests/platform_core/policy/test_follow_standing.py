"""What stands above the policies, as a follower learns it: suspensions by stream or folder, and the lease."""

import asyncio
import json
import math
import os
from pathlib import Path

import pytest

from platform_core.auth.settings import PlatformSettings
from platform_core.policy import follow
from platform_core.policy.follow import Follower
from platform_core.policy.lease import LeaseClock
from platform_core.policy.sign import sign
from platform_core.policy.standing import Standing
from platform_core.policy.suspend import Suspensions
from tests.platform_core.house import pinned
from tests.platform_core.policies import EMERGENCY, PINNED, a_policy, suspended
from tests.platform_core.policy.following import a_follower, following
from tests.platform_core.registry import Registry, suspensions_line
from tests.platform_core.serving import PATIENCE

pytestmark = pytest.mark.usefixtures("state", "folder")
HOUR, DAY = 3_600.0, 86_400.0


@pytest.fixture
def folder(registry: Registry, nook: Path) -> Path:
    """The folder that somebody may drop suspensions into."""
    return nook


class Clock:
    """A clock that runs since the machine was started, and that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000.0
        self.lease = LeaseClock(folder / "lease", sensitive=HOUR, whole=DAY, steady=lambda: self.now)


def drop(folder: Path, suspensions: Suspensions) -> None:
    (folder / "new").write_text(sign(suspensions, key="red-1", private=EMERGENCY).model_dump_json())
    os.replace(folder / "new", folder / "production.json")


async def test_suspensions_come_with_the_stream_and_each_change_is_told(registry: Registry, folder: Path) -> None:
    registry.publish(a_policy())
    async with following(registry, suspensions=folder) as watched:
        await watched.until(shop=1)
        told = len(watched.history)
        assert watched.follower.standing == Standing()
        for version, entries in ((1, [{"server": "shop"}]), (2, [{"person": "ana"}]), (3, [])):
            document = suspended(*entries, version=version)
            registry.say(suspensions_line(document))
            registry.say(suspensions_line(document))
            await watched.until_so(lambda d=document: watched.follower.standing.suspensions == d)
        assert len(watched.history) == told + 3
        assert watched.versions == {"shop": 1}


async def test_a_part_that_starts_without_a_registry_knows_what_was_suspended(registry: Registry, folder: Path) -> None:
    async with following(registry, suspensions=folder) as watched:
        await watched.follower.wait_ready()
        registry.say(suspensions_line(suspended({"server": "shop"})))
        await watched.until_so(lambda: watched.follower.standing.suspensions is not None)
    await asyncio.to_thread(registry.down)
    assert a_follower(registry, suspensions=folder).standing == watched.follower.standing


async def test_with_the_registry_down_a_file_suspends(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "LOOK_EVERY", 0.01)
    await asyncio.to_thread(registry.down)
    async with following(registry, suspensions=folder) as watched:
        drop(folder, suspended({"server": "shop"}))
        await watched.until_so(lambda: watched.follower.standing.suspensions == suspended({"server": "shop"}))
        drop(folder, suspended({"server": "shop"}, {"person": "ana"}, version=2))
        await watched.until_so(lambda: len(watched.follower.standing.suspensions.entries) == 2)  # type: ignore[union-attr]


def test_a_suspension_is_seen_within_a_second() -> None:
    assert follow.LOOK_EVERY <= 0.5


BROKEN = [
    '{"kind": "suspensions"}',
    '{"kind": "suspensions", "signed": null}',
    '{"kind": "suspensions", "signed": {"payload": "AA=="}}',
    suspensions_line(suspended(version=9, environment="dev")),
]


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: line[:40])
async def test_a_line_that_suspends_nothing_readable_changes_nothing(
    registry: Registry, folder: Path, line: str
) -> None:
    registry.publish(a_policy())
    async with following(registry, suspensions=folder) as watched:
        await watched.until(shop=1)
        registry.say(line)
        registry.publish(a_policy(version=2))
        await watched.until(shop=2)
        assert watched.follower.standing == Standing()
        assert watched.history == [{"shop": 1}, {"shop": 2}]


async def test_while_nothing_changes_the_standing_is_the_same_object(registry: Registry, folder: Path) -> None:
    """The door keeps its yes for as long as it is: a new object at every beat would empty its memory."""
    async with following(registry, suspensions=folder) as watched:
        await watched.follower.wait_ready()
        before = watched.follower.standing
        registry.say('{"kind": "beat"}')
        registry.publish(a_policy())
        await watched.until(shop=1)
        assert watched.follower.standing is before


# -- the lease


async def test_every_line_of_the_registry_renews_the_lease(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "LOOK_EVERY", 0.01)
    clock = Clock(folder)
    assert clock.lease.age == math.inf
    async with following(registry, suspensions=folder, lease=clock.lease) as watched:
        assert watched.follower.standing.lease == "lapsed"
        await watched.follower.wait_ready()
        assert (clock.lease.age, watched.follower.standing.lease) == (0, "fresh")
        for line in ('{"kind": "beat"}', '{"kind": "hurrah"}'):
            clock.now += DAY + 1
            await watched.until_so(lambda: watched.follower.standing.lease == "lapsed")
            registry.say(line)
            await watched.until_so(lambda: watched.follower.standing.lease == "fresh")


async def test_a_lease_that_runs_out_is_told_step_by_step(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follow, "LOOK_EVERY", 0.01)
    clock = Clock(folder)
    clock.lease.heard()
    await asyncio.to_thread(registry.down)
    async with following(registry, suspensions=folder, lease=clock.lease) as watched:
        assert watched.follower.standing.lease == "fresh"
        clock.now += HOUR + 1
        await watched.until_so(lambda: watched.follower.standing.lease == "stale")
        clock.now += DAY
        await watched.until_so(lambda: watched.follower.standing.lease == "lapsed")
        await asyncio.to_thread(registry.up)
        await watched.until_so(lambda: watched.follower.standing.lease == "fresh")
    assert "the lease is stale" in caplog.text
    assert "the lease is lapsed" in caplog.text


async def test_a_lease_that_ran_out_keeps_the_policies(registry: Registry, folder: Path) -> None:
    registry.publish(a_policy())
    async with following(registry, suspensions=folder) as watched:
        await watched.until(shop=1)
    later = a_follower(registry, suspensions=folder, lease=Clock(folder / "elsewhere").lease)
    assert (later.standing.lease, set(later.current)) == ("lapsed", {"shop"})


# -- out of settings


async def test_the_settings_say_where_everything_is(registry: Registry, nook: Path) -> None:
    (nook / "keys.json").write_text(
        json.dumps({"policy": pinned(PINNED.policy), "emergency": pinned(PINNED.emergency)})
    )
    told = {"base": "http://shop.test", "run": nook, "state": nook / "s", "registry_socket": registry.socket}
    platform = PlatformSettings.load(
        **told, policy_keys_file=nook / "keys.json", lease_seconds=2, lease_sensitive_seconds=1
    )
    (nook / "suspensions").mkdir()
    drop(nook / "suspensions", suspended({"server": "shop"}))
    registry.publish(a_policy())
    follower = Follower.of(platform, "production", state=nook / "mine", server="shop")
    assert (follower.standing.lease, follower.standing.suspensions) == ("lapsed", suspended({"server": "shop"}))
    work = asyncio.create_task(follower.run())
    async with asyncio.timeout(PATIENCE):
        await follower.wait_ready()
    work.cancel()
    await asyncio.wait([work])
    assert set(follower.current) == {"shop"}
    kept = {str(path.relative_to(nook / "mine")) for path in (nook / "mine").rglob("*") if path.is_file()}
    policies = {"policies/production/shop.json", "policies/production/versions"}
    assert kept == {"lease/production", "suspensions/production.json"} | policies


def test_suspensions_may_be_dropped_elsewhere(nook: Path) -> None:
    told = {"base": "b", "run": nook, "state": nook, "registry_socket": nook, "policy_keys_file": nook}
    assert PlatformSettings.load(**told).suspensions_folder == nook / "suspensions"
    assert PlatformSettings.load(**told, suspensions=nook / "x").suspensions_folder == nook / "x"
