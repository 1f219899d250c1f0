"""An engine that dies in the middle of a query, and one that comes back and knows nothing of it."""

import signal
import socket
from pathlib import Path

import pytest

from platform_core import Unavailable
from servers.presto.asker import Asker
from servers.presto.session import Session
from servers.presto.settings import PrestoSettings
from servers.presto.shared import Shared
from tests.deploy.local.coordinator.running import RunningCoordinator, running_coordinator, shared_data
from tests.servers.presto.test_server import ENDLESS

pytestmark = pytest.mark.anyio
ANA = Asker(person="ana")
QUERIES = "SELECT query FROM system.runtime.queries WHERE state IN ('QUEUED', 'RUNNING')"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_data(tmp_path_factory)


def a_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def session(port: int, folder: Path) -> Session:
    own = {"engine_url": f"http://127.0.0.1:{port}", "state": folder, "handle_seconds": 1}
    return Session(Shared.of(PrestoSettings.load(**own)), ANA)


def kill(engine: RunningCoordinator) -> None:
    engine.process.send_signal(signal.SIGKILL)
    engine.process.wait()


async def test_a_query_that_ran_on_is_told_gone_and_nothing_is_left_of_it(data: Path, tmp_path: Path) -> None:
    port, state = a_port(), tmp_path / "state"
    with running_coordinator(data, port=port) as engine:
        ana = session(port, state)
        opened = await ana.shared.running.run(ANA, ENDLESS, 1)
        assert opened.status == "running"
        kill(engine)
        with pytest.raises(Unavailable, match="can't be reached") as away:
            await ana.get(opened.query_id, None, 0)
        assert away.value.retryable
        await ana.shared.close()
    with running_coordinator(data, port=port):
        ana = session(port, state)  # another replica: what is known of the query is in the file
        with pytest.raises(Unavailable, match="has forgotten this query, as after a restart; run it again"):
            await ana.get(opened.query_id, None, 0)
        running = await ana.shared.cluster.rows(ANA, QUERIES)
        await ana.shared.close()
    assert [text for [text] in running if text != QUERIES] == []


async def test_an_engine_that_dies_under_a_call_is_told_at_once(data: Path, tmp_path: Path) -> None:
    port = a_port()
    with running_coordinator(data, port=port) as engine:
        ana = session(port, tmp_path / "state")
        async with ana.shared.cluster.statement(ANA) as statement:
            await statement.start(ENDLESS)
            while statement.progress.state != "RUNNING":
                await statement.more()
            kill(engine)
            with pytest.raises(Unavailable, match="can't be reached"):
                await statement.more()
        await ana.shared.close()
