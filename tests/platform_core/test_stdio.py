"""On a terminal a server works for the person who sits there, under its own wish, and leaves nothing in the house."""

import getpass
import os
import sys

from mcp import Client, StdioServerParameters

from deploy.seed.server import server as seed
from platform_core.auth.clients import CLIENTS
from platform_core.stdio import experimenter
from tests.platform_core.visits import Era, both_eras, fields_of


@both_eras
async def test_the_seed_greets_the_account_at_the_terminal(era: Era) -> None:
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    program = StdioServerParameters(command=sys.executable, args=["-m", "deploy.seed", "--stdio"], env=quiet)
    async with Client(program, mode=era) as visit:
        assert [tool.name for tool in (await visit.list_tools()).tools] == ["greet"]
        result = await visit.call_tool("greet", {"word": "Hi"})
        wrong = await visit.call_tool("greet", {"word": ""})
    account = getpass.getuser()
    assert fields_of(result) == {"text": f"Hi, {account}!", "person": account}
    assert fields_of(wrong)["code"] == "invalid"


def test_the_experimenter_is_nobody_that_a_token_could_have_made() -> None:
    who = experimenter(seed)
    assert who.client == "stdio"
    assert who.token_id == ""
    assert who.client not in CLIENTS
