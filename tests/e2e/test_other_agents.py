"""Agents that are given a token by the environment, set up word for word as the registry's page says."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from registry.pages import connect
from tests.e2e.fake_openai import FakeOpenAI
from tests.e2e.remembered import Remembered
from tests.e2e.stack import SEEDBED, Stack
from tests.gateway.programs import free_port, serving
from tests.npm import programs

pytestmark = [pytest.mark.real, pytest.mark.npm]
PATIENCE = 180
SQL = "select name from tpch.tiny.nation where nationkey = 7"
MODEL = """\
model = "fake"
model_provider = "fake"
approval_policy = "never"

[model_providers.fake]
name = "fake"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "FAKE_KEY"

"""


@contextmanager
def thinking() -> Generator[tuple[FakeOpenAI, str]]:
    """A model at an address of its own."""
    model, port = FakeOpenAI(tool="run_query", arguments={"sql": SQL}), free_port()
    with serving(model, port=port):
        yield model, f"http://127.0.0.1:{port}"


def installed(program: str) -> list[str]:
    try:
        return programs.codex() if program == "codex" else programs.opencode()
    except programs.NoPackages as error:
        pytest.skip(f"no npm packages: {error}")


def run(stack: Stack, login: str, room: Path, command: list[str]) -> str:
    """Export the token as the page says, in a shell then start the agent."""
    terminal = stack.terminal(login)
    terminal.log_in(login)
    settings = {
        "PATH": f"{SEEDBED.parent}:{os.environ['PATH']}", "HOME": str(room), "FAKE_KEY": "none",
        "SEEDBED_CLI_HOME": str(terminal.home), "SEEDBED_CLI_URL": stack.home.base,
        **{f"OPENCODE_DISABLE_{what}": "1" for what in ("MODELS_FETCH", "AUTOUPDATE", "DEFAULT_PLUGINS")},
    }  # fmt: skip
    script = f'{connect.token_from("seedbed headers presto")}\nexec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *command],
        cwd=room, env=settings, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked_by(remembered: Remembered, login: str) -> str:
    wanted = "SELECT * FROM invocations WHERE user = ? AND tool = 'run_query' ORDER BY id"
    [*_, last] = remembered.rows(wanted, login)
    assert last["outcome"] == "ok"
    return json.loads(last["arguments"])["sql"]


def test_codex_calls_as_the_person_whose_token_is_in_the_environment(
    stack: Stack, remembered: Remembered, tmp_path: Path
) -> None:
    codex = installed("codex")
    with thinking() as (model, url):
        config = tmp_path / ".codex" / "config.toml"
        config.parent.mkdir()
        said = connect.codex("presto", f"{stack.home.base}/mcp/presto")
        config.write_text(MODEL.format(url=url) + said + '\ndefault_tools_approval_mode = "approve"\n')
        answer = run(stack, "ada", tmp_path, [*codex, "exec", "--skip-git-repo-check", "Which nation has the key 7?"])
    assert any(name.endswith("find_tables") for name in model.offered)
    assert "GERMANY" in answer
    assert asked_by(remembered, "ada") == SQL


def test_opencode_calls_as_the_person_whose_token_is_in_the_environment(
    stack: Stack, remembered: Remembered, tmp_path: Path
) -> None:
    opencode = installed("opencode")
    with thinking() as (model, url):
        said = json.loads(connect.opencode("presto", f"{stack.home.base}/mcp/presto"))
        models = {"fake": {"tool_call": True, "limit": {"context": 32_000, "output": 1_000}}}
        options = {"baseURL": f"{url}/v1", "apiKey": "none"}
        own = {
            "model": "fake/fake", "small_model": "fake/fake", "autoupdate": False, "share": "disabled",
            "permission": {"*": "allow"},
            "provider": {"fake": {"npm": "@ai-sdk/openai-compatible", "options": options, "models": models}},
        }  # fmt: skip
        (tmp_path / "opencode.json").write_text(json.dumps(own | said))
        answer = run(stack, "ada", tmp_path, [*opencode, "run", "Which nation has the key 7?"])
    assert any(name.endswith("find_tables") for name in model.offered)
    assert "GERMANY" in answer
    assert asked_by(remembered, "ada") == SQL
