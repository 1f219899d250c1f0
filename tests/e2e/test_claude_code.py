"""A coding agent that people use, from npm: it finds the tools and runs a query through both locks."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from platform_core.testing import PEOPLE
from tests.e2e.edge import Edge
from tests.e2e.fake_model import FakeModel
from tests.e2e.remembered import Remembered
from tests.e2e.stack import SEEDBED, Stack
from tests.gateway.programs import free_port, serving
from tests.npm import programs

pytestmark = [pytest.mark.real, pytest.mark.npm]
PATIENCE = 180
SQL = "select name from tpch.tiny.nation where nationkey = 7"


@pytest.fixture(scope="module")
def claude() -> list[str]:
    try:
        return programs.claude_code()
    except programs.NoPackages as error:
        pytest.skip(f"no npm packages: {error}")


@contextmanager
def thinking(model: FakeModel) -> Generator[str]:
    """The model at an address of its own."""
    port = free_port()
    with serving(model, port=port):
        yield f"http://127.0.0.1:{port}"


def ask(claude: list[str], stack: Stack, login: str, model_url: str, room: Path) -> str:
    """Say something to the agent in an empty room, as a person who has logged in; what it answers."""
    terminal = stack.terminal(login)
    terminal.log_in(login)
    server = {"type": "http", "url": f"{stack.home.base}/mcp/presto", "headersHelper": f"{SEEDBED} headers presto"}
    (room / "mcp.json").write_text(json.dumps({"mcpServers": {"presto": server}}))
    settings = {
        "PATH": os.environ["PATH"], "HOME": str(room),
        "SEEDBED_CLI_HOME": str(terminal.home), "SEEDBED_CLI_URL": stack.home.base,
        "ANTHROPIC_BASE_URL": model_url, "ANTHROPIC_API_KEY": "none", "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "ENABLE_TOOL_SEARCH": "false",
    }  # fmt: skip
    flags = ["--mcp-config", "mcp.json", "--strict-mcp-config", "--allowedTools", "mcp__presto__run_query"]
    done = subprocess.run(
        [*claude, "-p", "Which nation has the key 7?", *flags, "--model", "claude-sonnet-4-6"],
        cwd=room, env=settings, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_claude_code_lists_and_calls_as_the_person_at_the_terminal(
    claude: list[str], stack: Stack, edge: Edge, remembered: Remembered, tmp_path: Path
) -> None:
    model = FakeModel(tool="mcp__presto__run_query", arguments={"sql": SQL})
    with thinking(model) as url:
        answer = ask(claude, stack, "ada", url, tmp_path)
    presto = {name.removeprefix("mcp__presto__") for name in model.offered if name.startswith("mcp__presto__")}
    querying = {"run_query", "get_query", "cancel_query", "get_revenue_metrics"}
    assert presto == {"find_tables", "describe_table", "check_query"} | querying
    assert "GERMANY" in answer
    asked = remembered.rows("SELECT * FROM invocations WHERE user = 'ada' AND tool = 'run_query' ORDER BY id")
    assert json.loads(asked[-1]["arguments"])["sql"] == SQL
    assert (asked[-1]["outcome"], asked[-1]["surface"]) == ("ok", "cli")
    assert json.loads(asked[-1]["groups"]) == sorted(PEOPLE["ada"].groups)


def test_claude_code_is_shown_what_the_person_may_call_and_nothing_else(
    claude: list[str], stack: Stack, tmp_path: Path
) -> None:
    model = FakeModel(tool="mcp__presto__run_query", arguments={"sql": SQL})
    with thinking(model) as url:
        answer = ask(claude, stack, "bo", url, tmp_path)
    presto = {name.removeprefix("mcp__presto__") for name in model.offered if name.startswith("mcp__presto__")}
    assert presto == {"find_tables", "describe_table", "check_query"}
    assert "GERMANY" not in answer
