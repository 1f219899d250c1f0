"""The key that signs policies is replaced while people work: no part is ever without a policy that it may obey."""

import json
import secrets
from collections.abc import Generator

import pytest

from tests.e2e.closing import Closing
from tests.e2e.edge import Edge
from tests.e2e.governing import Desk
from tests.e2e.load import load
from tests.e2e.remembered import Remembered
from tests.e2e.stack import PYTHON, Stack
from tests.e2e.waiting import awaited

OBEYING = ("signer", "registry", "gateway", "presto", "seed", "kiosk.dev")
"""The parts that pin keys."""
OUTAGE = {0, 502, 503}


@pytest.fixture
def closed_for_sam(mended: Stack, edge: Edge) -> Generator[None]:
    """Somebody is suspended, under the first key; so he has to stay."""
    closing = Closing(home=mended.home)
    closing.lay_down(closing.with_one_more(person="sam"), key=mended.home.keys.signing)
    awaited(lambda: not edge.opens("sam", "seed"), "sam is closed out")
    yield
    Closing(home=mended.home).open_everything()
    awaited(lambda: edge.opens("sam", "seed"), "sam is back")


def turn(stack: Stack, how: str) -> str:
    """What an operator types to turn the keys."""
    return stack.order(PYTHON, "-m", "deploy.local.stack", how)


def start_again(stack: Stack) -> None:
    """Every part that pins keys, one after the other."""
    for name in OBEYING:
        if stack.pid(name) is not None:
            stack.stop(name)
        stack.start(name)


def signers(stack: Stack) -> set[str]:
    """The keys that have signed what the registry tells."""
    production, dev = Desk(stack.home), Desk(stack.home, "dev")
    signed = [*(production.in_force(server).key for server in stack.servers), dev.in_force("kiosk").key]
    production.close()
    dev.close()
    return set(signed)


@pytest.mark.usefixtures("closed_for_sam")
@pytest.mark.extra
def test_the_key_of_policies_turns_under_load(mended: Stack, edge: Edge, remembered: Remembered) -> None:
    first = mended.home.keys.signing
    with load(edge, secrets.token_hex(4)) as going:
        second = turn(mended, "publish").split()[-1]
        start_again(mended)
        going.goes_on()
        before = len(going.refused)
        turn(mended, "rotate")
        mended.up()
        assert signers(mended) == {second}
        going.goes_on()
        assert len(going.refused) == before, "who runs takes the new key's policies without a gap"
        turn(mended, "withdraw")
        start_again(mended)
        going.goes_on()
    assert going.wrong == [], "no part was ever without a policy, or closed to whom it is open"
    assert {status for _, status in going.refused} <= OUTAGE
    assert not edge.opens("sam", "seed")
    assert set(json.loads(mended.home.keys.pinned.read_text())["policy"]) == {second} != {first}
    answered = set(going.answered)
    awaited(lambda: answered <= set(remembered.words(going.mark)), "every answered call is recorded")


@pytest.mark.extra
def test_a_key_that_something_hangs_on_is_not_withdrawn(mended: Stack) -> None:
    turn(mended, "publish")
    turn(mended, "rotate")
    with pytest.raises(AssertionError, match=r"an older key has signed the policy of .*`seedbed up` signs it anew"):
        turn(mended, "withdraw")
    start_again(mended)
    mended.up()
    turn(mended, "withdraw")
    start_again(mended)


def test_a_registry_that_lost_its_memory_is_told_what_was_in_force(mended: Stack, edge: Edge) -> None:
    with_memory = Desk(mended.home)
    version = with_memory.artefact("seed").version
    mended.stop("registry")
    for file in (mended.home.state / "registry").glob("registry.db*"):
        file.unlink()
    mended.up()
    assert with_memory.artefact("seed").version >= version
    assert edge.greet("as before").status == 200
    with_memory.close()


def test_a_stack_that_lost_what_it_signed_asks_the_registry(mended: Stack, edge: Edge, remembered: Remembered) -> None:
    policies = remembered.rows("SELECT environment, server, max(version) FROM artefacts GROUP BY 1, 2")
    for file in (mended.home.state / "signed").rglob("*.json"):
        file.unlink()
    mended.up()
    assert remembered.rows("SELECT environment, server, max(version) FROM artefacts GROUP BY 1, 2") == policies
    assert edge.greet("as before").status == 200
