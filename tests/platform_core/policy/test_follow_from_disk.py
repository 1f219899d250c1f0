"""What a follower keeps on disk carries it over a restart and over a registry that is down, and never further back."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.platform_core.policies import KEY, PINNED, a_policy
from tests.platform_core.policy.following import a_follower, following, kept, tampered
from tests.platform_core.registry import Registry, policy_line, signed
from tests.platform_core.serving import PATIENCE

pytestmark = pytest.mark.usefixtures("state")


async def test_a_server_starts_from_its_disk_while_the_registry_is_down(registry: Registry) -> None:
    registry.publish(a_policy(version=3))
    async with following(registry) as watched:
        await watched.until(shop=3)
    await asyncio.to_thread(registry.down)
    again = a_follower(registry)
    async with asyncio.timeout(PATIENCE):
        await again.wait_ready()
    assert again.current["shop"] == watched.follower.current["shop"]


async def test_what_was_seen_before_a_restart_is_still_the_least(registry: Registry) -> None:
    registry.publish(a_policy(version=3))
    async with following(registry) as watched:
        await watched.until(shop=3)
    async with following(registry) as watched:
        registry.publish(a_policy(version=2), a_policy(version=4))
        await watched.until(shop=4)
        assert watched.history == [{"shop": 4}]


async def test_a_policy_that_was_withdrawn_is_no_way_back_to_an_older_one(registry: Registry) -> None:
    registry.publish(a_policy(version=3))
    async with following(registry) as watched:
        await watched.until(shop=3)
        registry.withdraw("shop")
        await watched.until()
    async with following(registry) as watched:  # the process was started again meanwhile
        registry.publish(a_policy(version=2), a_policy(version=3))
        await watched.until(shop=3)
        assert watched.history == [{"shop": 3}]


async def test_what_was_withdrawn_while_nobody_listened_is_gone_when_somebody_does(registry: Registry) -> None:
    registry.publish(a_policy(), a_policy(server="seed"))
    async with following(registry, server=None) as watched:
        await watched.until(shop=1, seed=1)
        await asyncio.to_thread(registry.down)
        registry.withdraw("shop")
        await asyncio.to_thread(registry.up)
        await watched.until(seed=1)
    assert set(a_follower(registry, server=None).current) == {"seed"}


async def test_a_snapshot_that_holds_what_we_refuse_withdraws_nothing(registry: Registry) -> None:
    registry.publish(a_policy(version=1))
    async with following(registry) as watched:
        await watched.until(shop=1)
        await asyncio.to_thread(registry.down)
        registry.withdraw("shop")
        registry.publish(tampered())
        await asyncio.to_thread(registry.up)
        await asyncio.to_thread(registry.wait_for, lambda r: len(r.asked) == 2)
        registry.publish(a_policy(version=2))
        await watched.until(shop=2)
        assert watched.history == [{"shop": 1}, {"shop": 2}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "\x00",
        tampered().model_dump_json(),
        signed(a_policy(server="seed")).model_dump_json(),
        signed(a_policy(environment="dev")).model_dump_json(),
        signed(a_policy(issued_at=1, not_after=2)).model_dump_json(),
    ],
    ids=["empty", "no json", "a list", "a zero", "tampered", "another server", "another environment", "expired"],
)
async def test_a_spoilt_file_on_disk_is_refused_and_the_registry_heals_it(
    registry: Registry, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    kept(registry).parent.mkdir(parents=True)
    kept(registry).write_text(text)
    assert dict(a_follower(registry).current) == {}
    assert "the kept policy of shop is refused" in caplog.text
    registry.publish(a_policy())
    async with following(registry) as watched:
        await watched.until(shop=1)
    assert a_follower(registry).current["shop"].version == 1


def test_a_file_that_cant_be_read_is_passed_over(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    kept(registry).mkdir(parents=True)
    assert dict(a_follower(registry).current) == {}
    assert "shop.json can't be read" in caplog.text


@pytest.mark.parametrize("text", ["", "[]", "not json", '{"shop": "new"}'])
async def test_spoilt_versions_on_disk_are_counted_anew(
    registry: Registry, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    kept(registry).parent.mkdir(parents=True)
    kept(registry).with_name("versions").write_text(text)
    registry.publish(a_policy(version=2))
    async with following(registry) as watched:
        await watched.until(shop=2)
    assert "counted anew" in caplog.text


async def test_a_policy_that_the_disk_cant_keep_is_obeyed_all_the_same(
    registry: Registry, nook: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (nook / "full").write_text("a file where a folder should be")
    registry.publish(a_policy(version=1), a_policy(version=2))
    async with following(registry, state=nook / "full") as watched:
        await watched.until(shop=2)


async def test_an_expired_policy_in_the_snapshot_keeps_nothing_else_alive(registry: Registry) -> None:
    registry.publish(a_policy(), a_policy(server="seed"))
    async with following(registry, server=None) as watched:
        await watched.until(shop=1, seed=1)
        await asyncio.to_thread(registry.down)
        registry.withdraw("shop")
        registry.publish(signed(a_policy(server="seed", version=2, issued_at=1, not_after=2)))
        await asyncio.to_thread(registry.up)
        await watched.until(seed=1)


def test_the_files_of_other_servers_are_left_alone(registry: Registry) -> None:
    kept(registry).parent.mkdir(parents=True)
    (kept(registry).parent / "seed.json").write_text(signed(a_policy(server="seed")).model_dump_json())
    assert dict(a_follower(registry).current) == {}
    assert set(a_follower(registry, server=None).current) == {"seed"}


async def test_a_policy_on_disk_is_for_this_account_alone(registry: Registry) -> None:
    registry.publish(a_policy())
    async with following(registry) as watched:
        await watched.until(shop=1)
    assert kept(registry).parent.stat().st_mode & 0o077 == 0


def test_what_is_in_force_cant_be_changed_by_a_reader(registry: Registry) -> None:
    with pytest.raises(TypeError):
        a_follower(registry).current["shop"] = a_policy()  # type: ignore[index]


def test_a_policy_line_of_the_tests_is_what_the_contract_says() -> None:
    line = json.loads(policy_line(signed(a_policy())))
    assert set(line) == {"kind", "signed"}
    assert set(line["signed"]) == {"payload", "key", "signature"}
    assert a_policy().not_after > time.time()
    assert KEY.public_key() in PINNED.policy.values()
