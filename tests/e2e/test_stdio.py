"""On a terminal a server is an experiment: it works, as yourself, and the platform knows nothing of it."""

import getpass
import sys
from pathlib import Path

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.e2e.edge import Edge
from tests.e2e.remembered import Remembered

SEED = Path(sys.executable).with_name("seedbed-server-seed")
STANDING = "SELECT servers.name, versions.version, changed_at FROM servers JOIN versions ON versions.id = version_id"


async def test_an_experiment_on_a_terminal_works_and_leaves_no_trace(edge: Edge, remembered: Remembered) -> None:
    before = remembered.rows(STANDING)
    async with Client(stdio_client(StdioServerParameters(command=str(SEED), args=["--stdio"]))) as seed:
        answer = await seed.call_tool("greet", {"word": "experiment"})
    me = getpass.getuser()
    assert answer.structured_content == {"text": f"experiment, {me}!", "person": me}
    remembered.call(edge.greet("what comes later is here already").trace)
    assert "experiment" not in remembered.words("experiment")
    assert remembered.rows(STANDING) == before
