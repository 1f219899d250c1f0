"""A follower obeys what is signed, in force and new; whatever else happens, the last good policy stays."""

import asyncio
import json
import logging
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.policy import follow
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.follow import Follower
from platform_core.policy.sign import SignedArtefact, sign
from tests.platform_core.policies import KEY, PINNED, a_policy
from tests.platform_core.registry import Registry, policy_line, running_registry, signed
from tests.platform_core.serving import PATIENCE


@pytest.fixture(scope="module")
def running() -> Generator[Registry]:
    with tempfile.TemporaryDirectory(prefix="sb-") as folder, running_registry(Path(folder)) as registry:
        yield registry


@pytest.fixture
def registry(running: Registry) -> Registry:
    running.start_over()
    return running


@pytest.fixture(autouse=True)
def state(registry: Registry) -> Generator[Path]:
    folder = registry.socket.parent / "state"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


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
        async with asyncio.timeout(PATIENCE):
            while self.versions != versions:
                self._changed.clear()
                await self._changed.wait()


def a_follower(registry: Registry, **changed: Any) -> Follower:
    told: dict[str, Any] = {
        "registry": registry.socket,
        "environment": "production",
        "keys": PINNED,
        "state": registry.socket.parent / "state",
        "server": "shop",
    }
    return Follower(**told | changed)


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


STRANGER = Ed25519PrivateKey.generate()


def tampered() -> SignedArtefact:
    """A wider policy under the signature of a narrower one."""
    wider = signed(a_policy(version=2, gate={"business_groups": ["*"]}))
    return SignedArtefact.model_validate_json(
        json.dumps(
            wider.model_dump(mode="json") | {"signature": signed(a_policy()).model_dump(mode="json")["signature"]}
        )
    )


REFUSED = {
    "tampered with": (tampered(), "does not fit the bytes"),
    "by a stranger": (sign(a_policy(version=2), key="dev-1", private=STRANGER), "does not fit the bytes"),
    "by a key nobody pinned": (sign(a_policy(version=2), key="mine", private=STRANGER), "not pinned"),
    "for another environment": (signed(a_policy(version=2, environment="dev")), "environment dev"),
    "for another server": (signed(a_policy(version=2, server="seed")), "server seed"),
    "older": (signed(a_policy(version=4)), "older than one seen before"),
    "expired": (signed(a_policy(version=6, issued_at=1, not_after=2)), "expired"),
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
    monkeypatch.setattr(follow, "SILENCE", 0.05)
    registry.publish(a_policy())
    async with following(registry) as watched:
        await watched.until(shop=1)
        await asyncio.to_thread(registry.wait_for, lambda r: len(r.asked) > 1)
        assert watched.versions == {"shop": 1}
    assert "the last good ones stay" in caplog.text


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
    assert KEY.public_key() in PINNED.values()
