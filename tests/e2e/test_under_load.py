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
    said_no: list[float] = []
    watch = threading.Thread(target=watch_health, args=(mended, said_no))
    with load(edge, mark) as going:
        watch.start()
        mended.kill("seed", signal.SIGTERM)
        going.fails()
        awaited(lambda: mended.pid("seed") is None, "the server has left")
        watch.join(PATIENCE)
        mended.start("seed")
        going.goes_on()
    assert said_no, "its health said no while it still answered"
    assert said_no[0] <= min(when for when, _ in going.refused), "before the first call was refused"
    assert {status for _, status in going.refused} <= {503}
    each_answer_is_remembered_once(remembered, going)


def watch_health(stack: Stack, said_no: list[float]) -> None:
    """Note when the server's readiness says no for the first time."""
    transport = httpx2.HTTPTransport(uds=str(stack.socket("seed")), verify=NO_TLS)
    with httpx2.Client(transport=transport, base_url="http://seed", timeout=PATIENCE) as server:
        while not said_no:
            asked = time.monotonic()
            if server.get("/health/ready").status_code == 503:
                said_no.append(asked)
