"""A follower obeys what is signed, in force and new; whatever else happens, the last good policy stays."""

import asyncio
import logging

import pytest

from platform_core.policy import stream
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import sign
from tests.platform_core.policies import EMERGENCY, KEY, a_policy, suspended
from tests.platform_core.policy.following import STRANGER, following, kept, tampered
from tests.platform_core.registry import Registry, signed
from tests.platform_core.serving import PATIENCE

pytestmark = pytest.mark.usefixtures("state")


async def test_it_takes_what_is_in_force_and_then_every_update(registry: Registry) -> None:
    registry.publish(a_policy(version=1))
    async with following(registry) as watched:
        await watched.until(shop=1)
        registry.publish(a_policy(version=2))
        await watched.until(shop=2)
    assert registry.asked == [{"environment": "production", "server": "shop"}]


async def test_the_registrys_first_whole_answer_makes_it_ready_even_if_it_is_empty(registry: Registry) -> None:
    async with following(registry) as watched, asyncio.timeout(PATIENCE):
        await watched.follower.wait_ready()
        assert watched.versions == {}


async def test_one_follower_may_follow_every_server(registry: Registry) -> None:
    registry.publish(a_policy(), a_policy(server="seed"))
    async with following(registry, server=None) as watched:
        await watched.until(shop=1, seed=1)
    assert registry.asked == [{"environment": "production"}]


async def test_a_withdrawn_policy_is_gone_from_memory_and_disk(registry: Registry) -> None:
    registry.publish(a_policy())
    async with following(registry) as watched:
        await watched.until(shop=1)
        assert kept(registry).exists()
        registry.withdraw("shop")
        await watched.until()
        assert not kept(registry).exists()


async def test_withdrawing_what_nobody_has_changes_nothing(registry: Registry) -> None:
    registry.publish(a_policy())
    async with following(registry) as watched:
        await watched.until(shop=1)
        registry.withdraw("seed")
        registry.publish(a_policy(version=2))
        await watched.until(shop=2)
        assert watched.history == [{"shop": 1}, {"shop": 2}]


REFUSED = {
    "tampered with": (tampered(), "does not fit the bytes"),
    "by a stranger": (sign(a_policy(version=2), key="dev-1", private=STRANGER), "does not fit the bytes"),
    "by a key nobody pinned": (sign(a_policy(version=2), key="mine", private=STRANGER), "not pinned"),
    "for another environment": (signed(a_policy(version=2, environment="dev")), "environment dev"),
    "for another server": (signed(a_policy(version=2, server="seed")), "server seed"),
    "older": (signed(a_policy(version=4)), "older than one seen before"),
    "expired": (signed(a_policy(version=6, issued_at=1, not_after=2)), "expired"),
    "from the future": (signed(a_policy(version=6, issued_at=2**40, not_after=2**41)), "issued in the future"),
    "the same version, other content": (
        signed(a_policy(version=5, gate={"business_groups": ["*"]})),
        "another policy is in force under the same version 5",
    ),
    "by the emergency key": (sign(a_policy(version=6), key="red-1", private=EMERGENCY), "not pinned here for a policy"),
    "a list of suspensions": (sign(suspended({"server": "shop"}), key="dev-1", private=KEY), "not a policy"),
    "for another contract": (signed(a_policy(version=6, contract_digest="sha256:" + "1" * 64)), "another contract"),
}


def same_contract(policy: PolicyArtefact) -> str | None:
    return None if policy.contract_digest.endswith("0") else "reviewed for another contract"


@pytest.mark.parametrize("fault", REFUSED)
async def test_a_policy_with_this_fault_is_never_in_force(
    registry: Registry, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    envelope, reason = REFUSED[fault]
    registry.publish(a_policy(version=5))
    async with following(registry, accept=same_contract) as watched:
        await watched.until(shop=5)
        registry.publish(envelope, a_policy(version=7))
        await watched.until(shop=7)
        assert watched.history == [{"shop": 5}, {"shop": 7}]
    refusals = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(refusals) == 1
    assert reason in refusals[0]


GARBAGE = [
    "not json",
    "[]",
    "7",
    "null",
    '"policy"',
    "{}",
    '{"kind": "beat"}',
    '{"kind": "hurrah"}',
    '{"kind": "policy"}',
    '{"kind": "policy", "signed": []}',
    '{"kind": "policy", "signed": {"payload": 7}}',
    '{"kind": "withdrawn"}',
    '{"kind": "withdrawn", "server": ["shop"]}',
    '{"kind": ["policy"]}',
    '\n\n{"kind": "beat"}\n',
    "[" * 100_000,
]


@pytest.mark.parametrize("line", GARBAGE, ids=lambda line: str(line)[:40])
async def test_a_line_that_says_nothing_changes_nothing(registry: Registry, line: str) -> None:
    registry.publish(a_policy(version=1))
    async with following(registry) as watched:
        await watched.until(shop=1)
        registry.say(line)
        registry.publish(a_policy(version=2))
        await watched.until(shop=2)
        assert {"shop": 1} in watched.history
        assert {} not in watched.history


async def test_the_same_policy_again_is_no_news(registry: Registry) -> None:
    policy = a_policy(version=1)
    registry.publish(policy)
    async with following(registry) as watched:
        await watched.until(shop=1)
        registry.publish(policy, a_policy(version=2))
        await watched.until(shop=2)
        assert len(watched.history) == 2


async def test_a_registry_that_goes_down_leaves_the_last_policy_and_is_found_again(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.publish(a_policy(version=1))
    async with following(registry) as watched:
        await watched.until(shop=1)
        await asyncio.to_thread(registry.down)
        assert watched.versions == {"shop": 1}
        registry.publish(a_policy(version=2))
        await asyncio.to_thread(registry.up)
        await watched.until(shop=2)
        assert watched.history == [{"shop": 1}, {"shop": 2}]


async def test_a_registry_that_falls_silent_is_asked_anew(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stream, "SILENCE", 0.05)
    registry.publish(a_policy())
    async with following(registry) as watched:
        await watched.until(shop=1)
        await asyncio.to_thread(registry.wait_for, lambda r: len(r.asked) > 1)
        assert watched.versions == {"shop": 1}
    assert "the last good ones stay" in caplog.text
