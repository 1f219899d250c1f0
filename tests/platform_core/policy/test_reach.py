"""From where a server is open: the teams and the channels that a review named, whatever else would let somebody in."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from platform_core.auth.principal import Principal
from platform_core.policy.decide import LISTING, OPENING
from platform_core.testing.people import PEOPLE
from tests.platform_core.policies import a_policy
from tests.platform_core.policy.asking import allowed, ask, verdict

TEAM = a_policy(reach={"surfaces": ["cli"], "groups": ["data-engineering", "ads-data"]})
ROOM = a_policy(reach={"surfaces": ["cli", "chat-bot"], "channels": {"chat-bot": ["C-FINANCE", "C-BOOKS"]}})
EVERYTHING = [*((method, None) for method in sorted(OPENING | LISTING)), ("tools/call", "look"), ("tools/call", "buy")]


def of_groups(*groups: str) -> Principal:
    return replace(PEOPLE["ana"].calling_from(), groups=frozenset(groups))


def speaking(channel: str | None, *, surface: str = "chat-bot") -> Principal:
    return replace(PEOPLE["ana"].calling_from(surface), channel=channel)


# -- teams


@pytest.mark.parametrize(("method", "name"), EVERYTHING)
def test_a_server_for_some_teams_is_open_to_each_of_them_and_to_nobody_else(method: str, name: str | None) -> None:
    assert allowed(of_groups("data-engineering"), method, name, policy=TEAM)
    assert allowed(of_groups("ads-data", "x"), method, name, policy=TEAM)
    for groups in ((), ("x",), ("DATA-ENGINEERING",), ("data",), ("*",)):
        assert verdict(of_groups(*groups), method, name, policy=TEAM) == (False, "shop/reach")


def test_a_team_is_a_further_lock_and_opens_none() -> None:
    """Who is in the team still needs the business group and the policy."""
    stranger = replace(of_groups("data-engineering"), business_groups=frozenset[str]())
    assert verdict(stranger, "tools/list", policy=TEAM) == (False, "shop/gate")
    nobody = replace(of_groups("data-engineering"), roles=frozenset[str]())
    assert verdict(nobody, "tools/call", "buy", policy=TEAM) == (False, "shop/buy")


def test_a_team_of_the_directory_is_no_business_group_and_no_role() -> None:
    named_alike = replace(
        of_groups(), business_groups=frozenset({"data-engineering", "finance"}), roles=frozenset({"data-engineering"})
    )
    assert verdict(named_alike, "tools/list", policy=TEAM) == (False, "shop/reach")


def test_a_gate_for_everybody_still_asks_for_the_team() -> None:
    open_ = a_policy(reach={"surfaces": ["cli"], "groups": ["x"]}, gate={"business_groups": ["*"], "browse": ["*"]})
    assert not allowed(of_groups("y"), "tools/list", policy=open_)
    assert allowed(of_groups("x"), "tools/list", policy=open_)


def test_without_a_list_of_teams_no_team_is_asked_for() -> None:
    assert allowed(of_groups(), "tools/call", "buy")


# -- channels


@pytest.mark.parametrize(("method", "name"), EVERYTHING)
def test_a_surface_with_channels_opens_the_server_in_these_channels_alone(method: str, name: str | None) -> None:
    assert allowed(speaking("C-FINANCE"), method, name, policy=ROOM)
    assert allowed(speaking("C-BOOKS"), method, name, policy=ROOM)
    for channel in (None, "", "C-FINANCE ", "c-finance", "C-FINANC", "C-SUPPORT", "None"):
        assert verdict(speaking(channel), method, name, policy=ROOM) == (False, "shop/channel")


def test_another_surface_of_the_server_needs_no_channel() -> None:
    assert allowed(speaking(None, surface="cli"), "tools/call", "buy", policy=ROOM)


def test_a_surface_that_is_not_opened_is_not_opened_by_a_channel() -> None:
    assert verdict(speaking("C-FINANCE", surface="web-chat"), "ping", policy=ROOM) == (False, "shop/surface")


def test_channels_of_a_surface_that_nobody_opened_are_a_fault() -> None:
    with pytest.raises(ValidationError, match="channels of surfaces that reach does not open: chat-bot"):
        a_policy(reach={"surfaces": ["cli"], "channels": {"chat-bot": ["C-FINANCE"]}})


def test_an_empty_list_of_channels_is_a_fault_and_not_everywhere() -> None:
    with pytest.raises(ValidationError, match="channels"):
        a_policy(reach={"surfaces": ["cli"], "channels": {"cli": []}})


def test_a_policy_may_ask_for_a_channel_too() -> None:
    rules = {"browse": {"employment": "employee"}, "buy": {"all": [{"role": "analyst"}, {"channel": "C-FINANCE"}]}}
    policy = a_policy(reach={"surfaces": ["cli", "chat-bot"]}, policies=rules)
    assert allowed(speaking("C-FINANCE"), "tools/call", "buy", policy=policy)
    assert verdict(speaking("C-BOOKS"), "tools/call", "buy", policy=policy) == (False, "shop/buy")
    assert verdict(speaking(None, surface="cli"), "tools/call", "buy", policy=policy) == (False, "shop/buy")
    assert allowed(speaking(None, surface="cli"), "tools/call", "look", policy=policy)


def test_the_probe_lists_wherever_the_server_is_open_to() -> None:
    probe = PEOPLE["carl"].calling_from("probe", client="seedbed-probe")
    for policy in (TEAM, ROOM):
        assert allowed(probe, "tools/list", policy=policy)
        assert verdict(probe, "tools/call", "look", policy=policy) == (False, "shop/probe")


def test_a_refusal_names_no_team_and_no_channel() -> None:
    assert "data" not in ask(of_groups("x"), "ping", policy=TEAM).reason
    assert "C-" not in ask(speaking("X"), "ping", policy=ROOM).reason
