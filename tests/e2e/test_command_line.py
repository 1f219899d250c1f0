"""The command line as people use it: what it prints, how it ends, and what outlives a restart of the stack."""

import json
import secrets

import pytest

from deploy.local.identity.robot import approve
from deploy.local.stack.home import Home
from tests.e2e.closing import Closing
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack, answers
from tests.e2e.waiting import awaited
from tests.surfaces.cli.terminal import Terminal, user_code


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


def test_an_operator_closes_a_server_by_the_command(stack: Stack, edge: Edge) -> None:
    olu = logged_in(stack, "olu")
    try:
        said = olu.seedbed("suspend", "seed", "--reason", "an exercise")
        assert said.code == 0, said.err
        awaited(lambda: not edge.opens("ana", "seed"), "the seed is closed")
    finally:
        Closing(home=stack.home).open_everything()
    awaited(lambda: edge.opens("ana", "seed"), "the seed is open again")


def test_who_is_no_operator_closes_nothing_by_the_command(ana: Terminal, edge: Edge) -> None:
    said = ana.seedbed("suspend", "seed", "--reason", "an exercise")
    assert (said.code, "operator" in said.err) == (3, True)
    assert edge.opens("ana", "seed")


def test_why_shows_what_each_layer_decided(ana: Terminal, bo: Terminal, edge: Edge) -> None:
    at_the_proxy = edge.call("run_query", {"sql": "select 1"}, who="bo").trace
    said = awaited(lambda: explained(bo, at_the_proxy), "the proxy's refusal has arrived")
    assert "403" in said
    assert "#ask-presto" in said
    passed = edge.greet("why not").trace
    said = awaited(lambda: explained(ana, passed), "the call has arrived")
    assert "let through" in said
    assert "seed/greet" in said
    assert bo.seedbed("why", passed).code != 0, "another person's request is nobody's business"


def explained(terminal: Terminal, trace: str) -> str:
    said = terminal.seedbed("why", trace)
    return said.out if said.code == 0 else ""


def test_the_command_knows_both_environments(stack: Stack) -> None:
    ada = stack.terminal("ada")
    with ada.start("login", "--env", "dev") as waiting:
        approve(stack.home.issuer, user_code(waiting.stdout), "ada")
        out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, out + err
    said = ada.seedbed("call", "--env", "dev", "kiosk", "pick", "paper=today's")
    assert (said.code, "today's for ada" in said.out) == (0, True), said.err


def test_headers_open_the_server_for_whatever_agent_sends_them(ana: Terminal, edge: Edge) -> None:
    said = ana.seedbed("headers", "presto")
    [(name, value)] = json.loads(said.out).items()
    assert edge.call("find_tables", {}, (name, value), who=None).status == 200


def test_nothing_that_is_printed_shows_a_token_but_the_headers(ana: Terminal) -> None:
    for words in (("whoami",), ("tools", "--json"), ("call", "seed", "greet")):
        said = ana.seedbed(*words)
        assert "eyJ" not in said.out + said.err


def test_the_stack_became_the_default_of_the_command_line(stack: Stack) -> None:
    told = json.loads((stack.cli_home / "config.json").read_text())
    assert (told["default_url"], told["suspensions"]) == (stack.home.base, str(stack.home.suspensions))


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
