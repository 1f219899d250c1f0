"""One ecosystem for the whole folder: `seedbed up` at the first test, `seedbed down` after the last."""

import json
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.local.stack.home import Home
from tests.e2e.edge import Edge
from tests.e2e.engine import Engine
from tests.e2e.mesh import surface
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack

EXPERIMENTS = {
    "SEEDBED_LOCAL_EXPERIMENTS": json.dumps({"kiosk": "tests.servers.kiosk", "garden": "tests.servers.garden"})
}
"""What the ads engineers and the data engineers try out in `dev`."""


@pytest.fixture(scope="session")
def stack() -> Generator[Stack]:
    """Every real process. What a test breaks on purpose it mends by `mended`."""
    # A short path: the sockets of the servers lie below it.
    with tempfile.TemporaryDirectory(prefix="sb-e2e-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        os.environ |= EXPERIMENTS
        stack = Stack(home=Home(Path(folder)))
        try:
            stack.up()
            yield stack
        finally:
            stack.down()
            for name in EXPERIMENTS:
                del os.environ[name]


@pytest.fixture(scope="session")
def edge(stack: Stack) -> Generator[Edge]:
    """The front door of production."""
    edge = Edge(stack.home)
    yield edge
    edge.close()


@pytest.fixture(scope="session")
def dev(stack: Stack) -> Generator[Edge]:
    """The front door of dev."""
    dev = Edge(stack.home, "dev", client_id="seedbed-cli-dev")
    yield dev
    dev.close()


@pytest.fixture(scope="session")
def web_chat(stack: Stack) -> Generator[Edge]:
    """Production as people see it who work in the web chat."""
    with surface(stack.home, "seedbed-web-chat") as door:
        yield door


@pytest.fixture(scope="session")
def chat_bot(stack: Stack) -> Generator[Edge]:
    """Production as the chat bot enters it, for whoever speaks to it."""
    with surface(stack.home, "seedbed-chat-bot") as door:
        yield door


@pytest.fixture(scope="session")
def remembered(stack: Stack) -> Remembered:
    """What the parts remember."""
    return Remembered(stack.home)


@pytest.fixture(scope="session")
def engine(stack: Stack) -> Generator[Engine]:
    """The SQL engine, past everything that guards it."""
    engine = Engine(stack.home)
    yield engine
    engine.close()


@pytest.fixture
def mended(stack: Stack, edge: Edge) -> Generator[Stack]:
    """The stack for a test that stops or kills parts: afterwards all of them run and calls pass."""
    yield stack
    stack.mend(lambda server: edge.opens("ana", server))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    stack = item.funcargs.get("stack")
    if report.failed and isinstance(stack, Stack):
        report.sections.append(("ends of the stack's logs", stack.last_words()))
    return report
