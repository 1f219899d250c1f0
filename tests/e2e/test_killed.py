"""Each process killed outright while people work: no wrong verdict, no lost record, no call lost but those on it."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.edge import Edge
from tests.e2e.load import CALLERS, Load, load
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited

pytestmark = pytest.mark.real
ON_THE_WAY = ("envoy", "envoy's child", "seed")
"""A call passes through these; without any of the others it goes on."""
OTHERS = ("identity", "mesh", "signer", "registry", "gateway")
COLUMNS = ("answered", "turned away", "cut in flight", "wrong verdicts", "records lost", "recorded twice")


@pytest.fixture(scope="module")
def table() -> dict[str, tuple[int, ...]]:
    """What became of the calls, by the process that was killed."""
    return {}


@pytest.mark.parametrize("part", [*OTHERS, *ON_THE_WAY])
def test_a_process_is_killed_under_load(
    mended: Stack, edge: Edge, remembered: Remembered, table: dict[str, tuple[int, ...]], part: str
) -> None:
    mark = f"killed-{part.replace(' ', '-')}"
    with load(edge, mark) as going:
        killed_and_back(mended, part)
        going.goes_on(40)
    lost, twice = records(remembered, going)
    cut, turned_away = len(going.cut), len(going.refused) - len(going.cut)
    table[part] = (len(going.answered), turned_away, cut, len(going.wrong), lost, twice)
    show(table)
    assert going.wrong == []
    assert (lost, twice) == (0, 0)
    assert going.rightly_refused > 0
    if part in OTHERS:
        assert going.refused == []
    else:
        # Of each person one call was on its way, and one more may have knocked while the kernel closed the door.
        assert cut <= 2 * (len(CALLERS) + 1), going.cut
        assert {status for _, status in going.refused} <= {0, 502, 503}


def killed_and_back(stack: Stack, part: str) -> None:
    """Kill it, see it dead, and bring it back as `seedbed up` would; Envoy's keeper brings Envoy back itself."""
    if part == "envoy's child":
        child = envoy_under(stack.pid("envoy") or 0)
        assert child is not None
        os.kill(child, signal.SIGKILL)
        awaited(lambda: envoy_under(stack.pid("envoy") or 0) not in (None, child), "there is another Envoy")
        return
    stack.kill(part)
    awaited(lambda: stack.pid(part) is None, f"{part} is dead")
    stack.start(part)


def envoy_under(keeper: int) -> int | None:
    """The Envoy that the process `keeper` runs."""
    children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    return int(children[0]) if children else None


def records(remembered: Remembered, done: Load) -> tuple[int, int]:
    """How many answered calls of this load are not recorded, once all are expected to be; how many are twice."""
    answered = set(done.answered)
    awaited(lambda: answered <= set(remembered.words(done.mark)), "every answered call is recorded")
    words = remembered.words(done.mark)
    return len(answered - set(words)), len(words) - len(set(words))


def show(table: dict[str, tuple[int, ...]]) -> None:
    print(f"\n{'killed':14}", *(f"{name:>15}" for name in COLUMNS))
    for part, numbers in table.items():
        print(f"{part:14}", *(f"{number:15}" for number in numbers))
