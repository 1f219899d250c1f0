"""One policy is judged before it is obeyed: by its signature, its place, its version and the clock of this machine."""

import logging
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from platform_core.policy import obeyed as module
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.obeyed import AHEAD, Accept, Obeyed, anything
from platform_core.policy.shelf import Shelf
from tests.platform_core.policies import PINNED, a_policy
from tests.platform_core.registry import signed

NOW = float(int(time.time()))


class Clock:
    """This machine's wall clock, which somebody may set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(time=clock))
    return clock


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "policies")


def opened(shelf: Shelf, accept: Accept = anything, *, server: str | None = None) -> Obeyed:
    """What a part that starts now obeys."""
    return Obeyed(environment="production", keys=PINNED, shelf=shelf, server=server, accept=accept)


def issued(at: float, *, version: int = 1, lives: int = 3600) -> PolicyArtefact:
    return a_policy(version=version, issued_at=int(at), not_after=int(at) + lives)


def test_the_signers_clock_may_be_a_little_ahead_and_no_more(shelf: Shelf, clock: Clock) -> None:
    obeyed = opened(shelf)
    assert AHEAD == 300
    assert obeyed.offer(signed(issued(NOW + AHEAD)))
    assert not obeyed.offer(signed(issued(NOW + AHEAD + 1, version=2)))
    assert obeyed.current["shop"].version == 1


def test_a_policy_is_taken_until_the_second_it_names(shelf: Shelf, clock: Clock) -> None:
    policy, obeyed = issued(NOW), opened(shelf)
    clock.now = policy.not_after
    assert not obeyed.offer(signed(policy))
    clock.now = policy.not_after - 0.5
    assert obeyed.offer(signed(policy))


def test_a_clock_that_went_back_takes_nothing_new_and_loses_nothing(
    shelf: Shelf, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    obeyed = opened(shelf)
    obeyed.offer(signed(issued(NOW)))
    clock.now = NOW - 2 * AHEAD
    assert not obeyed.offer(signed(issued(NOW, version=2)))
    assert "one of two clocks is wrong" in caplog.text
    assert obeyed.current["shop"].version == 1
    assert opened(shelf).current == {}, "and a part that starts now waits for the registry and a right clock"


def test_a_clock_that_went_forward_brings_no_older_policy_back(shelf: Shelf, clock: Clock) -> None:
    obeyed = opened(shelf)
    obeyed.offer(signed(issued(NOW, version=2)))
    clock.now = NOW + 9999
    assert opened(shelf).current == {}
    again = opened(shelf)
    assert not again.offer(signed(issued(clock.now, version=1)))
    assert again.offer(signed(issued(clock.now, version=3)))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_of_one_version_the_first_content_counts(shelf: Shelf, version: int) -> None:
    obeyed = opened(shelf)
    assert obeyed.offer(signed(a_policy(version=version)))
    assert not obeyed.offer(signed(a_policy(version=version, gate={"business_groups": ["*"]})))
    assert obeyed.current["shop"].gate.business_groups == ("finance",)
    assert opened(shelf).current == obeyed.current


def test_versions_of_servers_do_not_meet(shelf: Shelf) -> None:
    obeyed = opened(shelf)
    assert obeyed.offer(signed(a_policy(version=9)))
    assert obeyed.offer(signed(a_policy(server="seed", version=1)))
    assert {server: policy.version for server, policy in obeyed.current.items()} == {"shop": 9, "seed": 1}


def test_a_policy_of_elsewhere_is_not_obeyed_here(shelf: Shelf) -> None:
    obeyed = opened(shelf, server="shop")
    assert not obeyed.offer(signed(a_policy(environment="dev")))
    assert not obeyed.offer(signed(a_policy(server="seed")))
    assert obeyed.offer(signed(a_policy()))
    assert not obeyed.offer(signed(a_policy(version=2, environment="dev")))
    assert set(obeyed.current) == {"shop"}


def test_a_part_of_one_server_starts_with_that_one_and_a_part_of_all_with_all(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    for server in ("shop", "seed", "barn"):
        opened(shelf).offer(signed(a_policy(server=server)))
    assert set(opened(shelf).current) == {"shop", "seed", "barn"}
    assert set(opened(shelf, server="seed").current) == {"seed"}
    assert not caplog.records, "what is another's is passed over in silence"


def test_news_are_news_once(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    obeyed, envelope = opened(shelf), signed(a_policy())
    assert [obeyed.offer(envelope), obeyed.offer(envelope)] == [True, False]
    assert [obeyed.withdraw("shop"), obeyed.withdraw("shop")] == [True, False]
    said = [record.getMessage() for record in caplog.records]
    assert said == ["policy of shop version 1 is in force", "policy of shop is withdrawn"]


def test_a_snapshot_withdraws_what_it_does_not_name(shelf: Shelf) -> None:
    obeyed = opened(shelf)
    for server in ("shop", "seed", "barn"):
        obeyed.offer(signed(a_policy(server=server)))
    obeyed.snapshot_begins()
    obeyed.offer(signed(a_policy(server="seed")))
    assert obeyed.snapshot_ends()
    assert set(obeyed.current) == set(opened(shelf).current) == {"seed"}
    assert not obeyed.snapshot_ends(), "an end without a beginning withdraws nothing"


@pytest.mark.parametrize("offered", [None, 7, [], {}, "x", {"payload": "", "key": "", "signature": ""}])
def test_what_can_not_be_read_is_refused_and_ends_the_trust_in_its_snapshot(shelf: Shelf, offered: object) -> None:
    obeyed = opened(shelf)
    obeyed.offer(signed(a_policy()))
    obeyed.snapshot_begins()
    assert not obeyed.offer(offered)
    assert not obeyed.snapshot_ends()
    assert set(obeyed.current) == {"shop"}


def _picky(policy: PolicyArtefact) -> str:
    return f"{policy.server} is not for us"


def test_a_reason_of_this_part_refuses_too_and_after_a_restart_again(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    opened(shelf).offer(signed(a_policy()))
    picky = opened(shelf, _picky)
    assert picky.current == {}
    assert not picky.offer(signed(a_policy(version=2)))
    assert caplog.text.count("shop is not for us") == 2
