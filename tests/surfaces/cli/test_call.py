"""One tool call, in both eras, and every way in which it may be refused."""

from dataclasses import replace
from typing import Any

import pytest

from surfaces.cli import access, calling, logins
from surfaces.cli.failures import NotLoggedIn, Refused, Unreachable
from surfaces.cli.places import Place
from tests.surfaces.cli.edge import Edge
from tests.surfaces.cli.terminal import Terminal

ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])


@pytest.fixture
def as_ana(ana: Terminal, monkeypatch: pytest.MonkeyPatch) -> str:
    """Calls of this process are ana's; the platform's address."""
    monkeypatch.setenv("SEEDBED_CLI_HOME", str(ana.home))
    return ana.url


def call(url: str, tool: str, era: str = "auto", server: str = "presto", **arguments: Any) -> calling.Answer:
    return calling.call(logins.read(Place(url)), server, tool, arguments, era=era)


@ERAS
def test_a_tool_is_called_and_its_answer_comes_back_as_text(as_ana: str, era: str) -> None:
    assert call(as_ana, "add", era, left=1, right=2) == calling.Answer(text="3", failed=False)


def test_the_eras_speak_their_own_protocol(as_ana: str, edge: Edge) -> None:
    for era, version in (("auto", "2026-07-28"), ("legacy", "2025-11-25")):
        call(as_ana, "add", era, left=1, right=2)
        assert edge.heard[-1]["mcp-protocol-version"] == version


def test_an_answer_cannot_rewrite_the_terminal(as_ana: str) -> None:
    assert call(as_ana, "find_tables", words="x").text == "orders matches x[2J"


def test_every_call_carries_a_trace(as_ana: str, edge: Edge) -> None:
    edge.heard.clear()
    call(as_ana, "add", left=1, right=2)
    traces = {request["traceparent"] for request in edge.heard}
    assert len(traces) == 1
    assert [len(part) for part in traces.pop().split("-")] == [2, 32, 16, 2]


@ERAS
def test_a_tool_that_fails_says_so_in_its_own_words(as_ana: str, era: str) -> None:
    assert call(as_ana, "fail", era) == calling.Answer(text="No schema x.", failed=True)


@ERAS
def test_a_tool_that_policy_keeps_closed_names_the_rule_and_the_way(as_ana: str, era: str) -> None:
    with pytest.raises(Refused) as refused:
        call(as_ana, "run_query", era, sql="select 1")
    assert str(refused.value) == (
        "Not yet: this needs data-engineering\n  Rule: query\n  To get it: ask #data-platform"
    )


@ERAS
def test_an_unregistered_server_is_refused_by_the_edge(as_ana: str, era: str) -> None:
    with pytest.raises(Refused) as refused:
        call(as_ana, "add", era, server="nowhere")
    assert (refused.value.code, refused.value.trace_id) == ("unknown_server", "4bf92f35")


@ERAS
def test_a_server_that_is_away_is_not_called_a_refusal(as_ana: str, era: str) -> None:
    with pytest.raises(Unreachable, match="out of order"):
        call(as_ana, "add", era, server="broken")


@ERAS
def test_a_platform_that_does_not_answer_is_named(as_ana: str, era: str) -> None:
    away = replace(logins.read(Place(as_ana)), url="http://127.0.0.1:1", edge="http://127.0.0.1:1")
    logins.write(away)
    with pytest.raises(Unreachable, match=r"^http://127.0.0.1:1 does not answer"):
        call(away.url, "add", era)
    logins.forget(away.place)


def test_nobody_calls_without_a_login(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_CLI_HOME", str(terminal.home))
    with pytest.raises(NotLoggedIn):
        call(terminal.url, "add")


def test_a_token_that_a_server_no_longer_takes_is_renewed_once(as_ana: str, edge: Edge) -> None:
    old = access.token(Place(as_ana))
    edge.turned_down.add(old)
    assert call(as_ana, "add", left=2, right=2).text == "4"
    assert access.token(Place(as_ana)) != old


def test_a_person_whom_no_server_takes_is_told_to_log_in_again(as_ana: str, edge: Edge) -> None:
    edge.closed = True
    try:
        with pytest.raises(Refused) as refused:
            call(as_ana, "add", left=2, right=2)
    finally:
        edge.closed = False
    assert refused.value.code == "unauthenticated"
    assert "seedbed login" in refused.value.how_to_ask


def test_a_contractor_is_refused_at_the_door(terminal: Terminal) -> None:
    terminal.log_in("carl")
    said = terminal.seedbed("call", "presto", "add")
    assert (said.code, said.out) == (3, "")
    assert "presto is not open to carl\n  Rule: presto/business-group\n  To get it: ask #data-platform" in said.err


def test_exit_codes_tell_a_script_what_happened(ana: Terminal) -> None:
    good = ana.seedbed("call", "presto", "add", "left:=1", "--json", '{"left": 5, "right": 2}')
    assert (good.code, good.out, good.err) == (0, "3\n", "")
    failed = ana.seedbed("call", "presto", "fail", "--era", "legacy")
    assert (failed.code, failed.out, failed.err) == (1, "", "No schema x.\n")
    assert ana.seedbed("call", "presto", "run_query", "sql=select 1").code == 3
    assert ana.seedbed("call", "../presto", "add").code == 2
    assert ana.seedbed("call", "presto", "add", "left").code == 2


def test_what_goes_wrong_never_shows_a_token(ana: Terminal, as_ana: str) -> None:
    token = access.token(Place(as_ana))
    for words in (("call", "nowhere", "add"), ("call", "broken", "add"), ("call", "presto", "fail")):
        said = ana.seedbed(*words)
        assert said.code != 0
        assert token not in said.out + said.err


def test_a_tool_that_does_not_exist_is_a_failure_and_no_refusal(as_ana: str) -> None:
    assert call(as_ana, "nonesuch").failed
