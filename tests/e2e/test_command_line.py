"""The command line as people use it: what it prints, how it ends, and what outlives a restart of the stack."""

import json
import secrets

import pytest

from deploy.local.stack.home import Home
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack, answers
from tests.e2e.waiting import awaited
from tests.surfaces.cli.terminal import Terminal


@pytest.fixture(scope="module")
def ana(stack: Stack) -> Terminal:
    """Her terminal; she has logged in."""
    return logged_in(stack, "ana")


@pytest.fixture(scope="module")
def bo(stack: Stack) -> Terminal:
    return logged_in(stack, "bo")


def logged_in(stack: Stack, login: str) -> Terminal:
    terminal = stack.terminal(login)
    terminal.log_in(login)
    return terminal


def test_tools_shows_what_the_person_may_call(ana: Terminal, bo: Terminal) -> None:
    said = ana.seedbed("tools")
    assert said.code == 0
    assert all(name in said.out for name in ("presto", "find_tables", "describe_table", "run_query", "seed", "greet"))
    assert "run_query" not in bo.seedbed("tools", "presto").out


@pytest.mark.parametrize("era", ERAS)
def test_a_call_prints_the_answer(ana: Terminal, era: Era) -> None:
    said = ana.seedbed("call", "--era", era, "presto", "run_query", "sql=select 6 * 7 as answer")
    assert said.code == 0, said.err
    assert "answer\n42" in said.out


def test_a_call_is_remembered_as_the_persons_own(ana: Terminal, remembered: Remembered) -> None:
    mark = secrets.token_hex(8)
    ana.seedbed("call", "presto", "run_query", f"sql=select 1 as m{mark}")
    wanted = "SELECT * FROM invocations WHERE arguments LIKE ?"
    [record] = awaited(lambda: remembered.rows(wanted, f"%{mark}%"), "the call is recorded")
    assert (record["user"], record["surface"], record["era"]) == ("ana", "cli", "2026-07-28")


def test_a_refusal_ends_with_3_and_says_how_to_ask(bo: Terminal) -> None:
    said = bo.seedbed("call", "presto", "run_query", "sql=select 1")
    assert said.code == 3
    assert "#ask-presto" in said.err
    assert "Trace" in said.err


def test_a_server_that_does_not_exist_is_a_refusal(ana: Terminal) -> None:
    said = ana.seedbed("call", "payroll", "pay_everybody")
    assert (said.code, "nothing is registered" in said.err) == (3, True)


def test_a_tool_that_says_no_ends_with_1(ana: Terminal) -> None:
    said = ana.seedbed("call", "presto", "run_query", "sql=drop table tpch.tiny.nation")
    assert (said.code, "only reads" in said.err) == (1, True)


def test_who_never_logged_in_is_told_to(stack: Stack) -> None:
    said = stack.terminal("newcomer").seedbed("tools")
    assert (said.code, "seedbed login" in said.err) == (2, True)


def test_headers_open_the_server_for_whatever_agent_sends_them(ana: Terminal, edge: Edge) -> None:
    said = ana.seedbed("headers", "presto")
    [(name, value)] = json.loads(said.out).items()
    assert edge.call("find_tables", {}, (name, value), who=None).status == 200


def test_nothing_that_is_printed_shows_a_token_but_the_headers(ana: Terminal) -> None:
    for words in (("whoami",), ("tools", "--json"), ("call", "seed", "greet")):
        said = ana.seedbed(*words)
        assert "eyJ" not in said.out + said.err


def test_the_stack_became_the_default_of_the_command_line(stack: Stack) -> None:
    assert json.loads((stack.cli_home / "config.json").read_text())["default_url"] == stack.home.base


def test_starting_what_runs_changes_nothing(stack: Stack, edge: Edge, remembered: Remembered) -> None:
    pids, policies = stack.pids, remembered.rows("SELECT server, version FROM artefacts")
    stack.up()
    assert stack.pids == pids
    assert remembered.rows("SELECT server, version FROM artefacts") == policies
    assert edge.greet("as before").status == 200


def test_ports_logins_policies_and_records_outlive_a_restart(
    mended: Stack, edge: Edge, remembered: Remembered, ana: Terminal
) -> None:
    before = edge.greet("the day before").trace
    remembered.call(before)
    ports, policies = dict(mended.home.ports), remembered.rows("SELECT server, version FROM artefacts")
    mended.down()
    assert set(mended.pids.values()) == {None}
    assert not [port for port in ports.values() if answers(port)]
    assert ana.seedbed("call", "seed", "greet").code == 4, "nobody answers, and it says so"
    mended.up()
    assert edge.greet("the day after").status == 200, "who is told that it is up may call at once"
    assert Home(mended.home.path).ports == ports
    assert remembered.rows("SELECT server, version FROM artefacts") == policies
    assert remembered.call(before)["arguments"] == '{"word":"the day before"}'
    assert ana.seedbed("call", "seed", "greet").code == 0
