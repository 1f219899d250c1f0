"""A real Airflow with its teaching DAGs, and a server that talks to it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from platform_core.approval.desk import Desk
from platform_core.testing import desk_in
from servers.airflow.server import server
from servers.airflow.session import shared
from tests.servers.airflow.itself import Local, the_airflow


@pytest.fixture(scope="session")
def local(request: pytest.FixtureRequest) -> Local:
    return the_airflow(request.config)


@pytest.fixture
async def airflow(local: Local, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Local]:
    """The server's settings point at it."""
    monkeypatch.setenv("SEEDBED_AIRFLOW_URL", local.url)
    monkeypatch.setenv("SEEDBED_AIRFLOW_SECRET_FILE", str(local.secret))
    monkeypatch.setenv(
        "SEEDBED_AIRFLOW_ROLES", '{"data-platform": "user", "ads-engineering": "user", "platform": "op"}'
    )
    monkeypatch.setenv("SEEDBED_AIRFLOW_CHANGES", '{"platform": ["*"]}')
    shared.cache_clear()
    yield local
    if shared.cache_info().currsize:
        _, api, _ = shared()
        await api.close()
    shared.cache_clear()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path, server)
