from collections.abc import Generator

import pytest

from tests.deploy.local.mesh.running import RunningAgent, new_agent


@pytest.fixture(scope="module")
def agent() -> Generator[RunningAgent]:
    with new_agent("/gateway", "/production/web-chat") as agent:
        yield agent
