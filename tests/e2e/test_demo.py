"""What `make demo` shows: the main job and four refusals, as people see them, and the numbers that they add up to."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deploy.local.stack.home import Home
from tests.e2e.stack import answers
from tests.e2e.waiting import PATIENCE

pytestmark = pytest.mark.real
PROMPT = re.compile(r"^(\w+) \$ seedbed (.*)$", re.MULTILINE)


def shown(home: Path) -> str:
    """The transcript of a whole demo in `home`; it ends well."""
    ours = {"SEEDBED_LOCAL_HOME": str(home), "SEEDBED_CLI_HOME": str(home / "cli"), "ONCE": "1"}
    command = [sys.executable, "-m", "deploy.local.demo"]
    done = subprocess.run(
        command, env=os.environ | ours, capture_output=True, text=True, timeout=10 * PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def spoken(transcript: str) -> list[tuple[str, str, str]]:
    """Who typed what, and what came back."""
    _, *rest = PROMPT.split(transcript)
    return list(zip(rest[::3], rest[1::3], rest[2::3], strict=True))


def answer(transcript: str, login: str, *words: str) -> str:
    """What came back when somebody typed a line with these words."""
    [found] = [back for who, typed, back in spoken(transcript) if who == login and all(w in typed for w in words)]
    return found


def the_engineer_gets_her_rows(transcript: str) -> None:
    assert "ana (Ana" in answer(transcript, "ana", "login")
    assert "run_query" in answer(transcript, "ana", "tools")
    revenue = answer(transcript, "ana", "run_query")
    assert "nation,revenue" in revenue
    assert len(re.findall(r"^ +[A-Z ]+,\d+", revenue, re.MULTILINE)) == 5


def who_may_less_is_told_how_to_ask(transcript: str) -> None:
    browsing = answer(transcript, "bo", "tools")
    assert "find_tables" in browsing
    assert "run_query" not in browsing
    for login, word in (("bo", "run_query"), ("carl", "find_tables")):
        refused = answer(transcript, login, word)
        assert "Not yet: " in refused
        assert "#ask-presto" in refused


def the_calls_are_records_and_numbers(transcript: str) -> None:
    for person, tool in (("ana", "find_tables"), ("ana", "run_query"), ("bo", "describe_table")):
        assert re.search(rf"^ +{person} +presto +{tool} +ok ", transcript, re.MULTILINE), tool
    assert "3 calls, 15 minutes saved" in transcript
    record = dict(re.findall(r"^ {8}(\w+) +(.*?) *$", transcript, re.MULTILINE))
    assert (record["user"], record["tool"], record["rule"]) == ("ana", "run_query", "presto/query")
    assert record["result_digest"].startswith("sha256:")


def test_the_demo_starts_from_nothing_tells_its_story_and_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory(prefix="sb-demo-", dir="/tmp") as folder:
        home = Path(folder)
        transcript = shown(home)
        assert "gateway stopped" in transcript
        assert not list(home.glob("run/*.pid"))
        assert not [port for port in Home(home).ports.values() if answers(port)]
    the_engineer_gets_her_rows(transcript)
    who_may_less_is_told_how_to_ask(transcript)
    assert "nothing is registered at /mcp/payroll" in answer(transcript, "ana", "payroll")
    the_calls_are_records_and_numbers(transcript)
