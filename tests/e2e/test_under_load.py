"""Whatever dies while people work, every answered call has exactly one record, and no refused one a second."""

import secrets
import signal
import threading
import time

import httpx2
import pytest

from tests.e2e.edge import Edge
from tests.e2e.load import Load, load
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import NO_TLS, PATIENCE, awaited


@pytest.fixture
def mark() -> str:
    """In the words of one test's load and nowhere else."""
    return secrets.token_hex(4)


def each_answer_is_remembered_once(remembered: Remembered, done: Load) -> None:
    """The records of this load: all that was answered, nothing twice, and nothing that nobody asked."""
    answered = set(done.answered)
    awaited(lambda: answered <= set(remembered.words(done.mark)), "every answered call is recorded")
    words = remembered.words(done.mark)
    assert len(words) == len(set(words)), "a call is recorded twice"
    assert len(set(words) - answered) <= len(done.refused), "a record of a call that nobody made"


def test_the_registry_dies_and_no_call_suffers(mended: Stack, edge: Edge, remembered: Remembered, mark: str) -> None:
    with load(edge, mark) as going:
        mended.kill("registry")
        awaited(lambda: mended.pid("registry") is None, "the registry is dead")
        going.goes_on(50)
        mended.start("registry")
        going.goes_on()
    assert going.refused == []
    each_answer_is_remembered_once(remembered, going)


def test_the_server_dies_in_the_middle_and_comes_back_by_seedbed_up(
    mended: Stack, edge: Edge, remembered: Remembered, mark: str
) -> None:
    others = {name: pid for name, pid in mended.pids.items() if name != "seed"}
    with load(edge, mark) as going:
        mended.kill("seed")
        going.fails()
        mended.up()
        going.goes_on()
    assert {status for _, status in going.refused} <= {0, 502, 503}
    assert others.items() <= mended.pids.items(), "`seedbed up` leaves alone what runs"
    each_answer_is_remembered_once(remembered, going)


def test_a_server_that_is_asked_to_leave_loses_no_answer(
    mended: Stack, edge: Edge, remembered: Remembered, mark: str
) -> None:
    said: list[tuple[float, int]] = []
    watch = threading.Thread(target=watch_health, args=(mended, said))
    with load(edge, mark) as going:
        watch.start()
        mended.kill("seed", signal.SIGTERM)
        going.fails()
        awaited(lambda: mended.pid("seed") is None, "the server has left")
        watch.join(PATIENCE)
        mended.start("seed")
        going.goes_on()
    first_refused = min(when for when, _ in going.refused)
    assert said[-1][1] == 503, "its health said no while it still answered"
    assert all(asked <= first_refused for asked, status in said if status == 200), "it said no before it refused"
    assert {status for _, status in going.refused} <= {503}
    each_answer_is_remembered_once(remembered, going)


def watch_health(stack: Stack, said: list[tuple[float, int]]) -> None:
    """What the server's readiness said, each with the moment of the question, until it says no."""
    transport = httpx2.HTTPTransport(uds=str(stack.socket("seed")), verify=NO_TLS)
    with httpx2.Client(transport=transport, base_url="http://seed", timeout=PATIENCE) as server:
        while not said or said[-1][1] == 200:
            asked = time.monotonic()
            said.append((asked, server.get("/health/ready").status_code))
