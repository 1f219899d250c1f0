"""One evaluator, default no: who may do what, and by which rule."""

from dataclasses import replace

import pytest

from platform_core.auth.principal import Principal
from platform_core.policy.decide import LISTING, OPENING, Decision
from platform_core.testing.people import PEOPLE
from tests.platform_core.policies import a_policy
from tests.platform_core.policy.asking import SHOP, allowed, ask
from tests.platform_core.samples import CALLS, STRANGE


@pytest.mark.parametrize(
    ("who", "method", "name", "allow", "rule"),
    [
        ("ana", "tools/call", "look", True, "shop/browse"),
        ("ana", "tools/call", "buy", True, "shop/buy"),
        ("ana", "tools/call", "paint", True, "shop/buy"),
        ("ana", "resources/read", "shop://rules", True, "shop/browse"),
        ("ana", "resources/read", "shop://ledger", True, "shop/buy"),
        ("ana", "prompts/get", "greeting", True, "shop/browse"),
        ("ana", "prompts/get", "offer", True, "shop/buy"),
        ("ana", "tools/list", None, True, "shop/gate"),
        ("ana", "ping", None, True, "shop/gate"),
        ("ana", "tools/call", "steal", False, "shop/default-deny"),
        ("ana", "tools/call", None, False, "shop/default-deny"),
        ("ana", "tools/call", "Look", False, "shop/default-deny"),
        ("ana", "tools/call", "look ", False, "shop/default-deny"),
        ("ana", "resources/read", "shop://rules/", False, "shop/default-deny"),
        ("ana", "resources/read", "look", False, "shop/default-deny"),
        ("ana", "prompts/get", "look", False, "shop/default-deny"),
        ("ana", "tools/call", "greeting", False, "shop/default-deny"),
        ("bo", "tools/call", "look", True, "shop/browse"),
        ("bo", "resources/read", "shop://rules", True, "shop/browse"),
        ("bo", "prompts/get", "greeting", True, "shop/browse"),
        ("bo", "tools/list", None, True, "shop/gate"),
        ("bo", "tools/call", "buy", False, "shop/gate"),
        ("bo", "tools/call", "paint", False, "shop/gate"),
        ("bo", "resources/read", "shop://ledger", False, "shop/gate"),
        ("bo", "prompts/get", "offer", False, "shop/gate"),
        ("bo", "tools/call", "steal", False, "shop/default-deny"),
        ("ada", "tools/call", "look", False, "shop/gate"),
        ("ada", "tools/list", None, False, "shop/gate"),
        ("ada", "server/discover", None, False, "shop/gate"),
        ("carl", "server/discover", None, False, "shop/gate"),
        ("carl", "tools/call", "look", False, "shop/gate"),
    ],
)
def test_the_shops_policy_says(who: str, method: str, name: str | None, allow: bool, rule: str) -> None:
    decision = ask(who, method, name)
    assert (decision.allow, decision.rule) == (allow, rule)


def test_a_member_for_whom_the_policy_does_not_hold_is_refused_by_its_name() -> None:
    intern = PEOPLE["ana"].calling_from()
    intern = Principal(
        subject="ivy",
        business_groups=frozenset({"finance"}),
        employment="employee",
        client=intern.client,
        surface="cli",
        expires_at=intern.expires_at,
    )
    decision = ask(intern, "tools/call", "buy")
    assert decision == Decision(False, "shop/buy", "policy buy of shop does not hold for you")


@pytest.mark.parametrize("login", PEOPLE)
@pytest.mark.parametrize("method", STRANGE)
@pytest.mark.parametrize("name", [None, "look", "shop://rules", "greeting"])
def test_a_method_nobody_reviewed_is_refused_to_everybody(login: str, method: str, name: str | None) -> None:
    assert not allowed(login, method, name)


@pytest.mark.parametrize("method", sorted(OPENING | LISTING))
def test_opening_and_listing_are_for_those_whom_the_gate_lets_in(method: str) -> None:
    assert {who: allowed(who, method) for who in PEOPLE} == {
        "ana": True,
        "bo": True,
        "carl": False,
        "ada": False,
        "olu": False,
        "sam": False,
        "lea": False,
        "gia": False,
        "tom": False,
    }


def test_the_methods_that_need_no_rule_of_their_own_are_these_and_no_others() -> None:
    assert sorted(OPENING) == ["initialize", "notifications/initialized", "ping", "server/discover"]
    assert sorted(LISTING) == ["prompts/list", "resources/list", "resources/templates/list", "tools/list"]


def test_a_gate_for_everybody_lets_everybody_in_and_the_policy_still_decides() -> None:
    open_ = a_policy(gate={"business_groups": ["*"]})
    assert {who: allowed(who, "tools/call", "look", policy=open_) for who in PEOPLE} == {
        who: who != "carl" for who in PEOPLE
    }
    assert allowed("carl", "tools/list", policy=open_)


def test_a_browse_list_for_everybody_opens_what_is_for_browsing_alone() -> None:
    wide = a_policy(gate={"business_groups": ["finance"], "browse": ["*"]})
    assert allowed("ada", "tools/call", "look", policy=wide)
    assert not allowed("ada", "tools/call", "buy", policy=wide)


def test_without_a_browse_list_nobody_browses() -> None:
    assert not allowed("bo", "tools/call", "look", policy=a_policy(gate={"business_groups": ["finance"]}))


def test_the_name_of_everybody_is_no_group_a_person_can_be_in() -> None:
    """Somebody whose directory calls a group `*` is in that group and in no other."""
    star = Principal(subject="x", business_groups=frozenset({"*"}), client="seedbed-cli", surface="cli", expires_at=9e9)
    assert not allowed(star, "tools/list")


@pytest.mark.parametrize("surface", ["registry", "Probe", "probe ", "", "CLI"])
def test_a_surface_that_no_review_named_reaches_nothing(surface: str) -> None:
    for method, name in (("server/discover", None), ("tools/list", None), ("tools/call", "look")):
        decision = ask("ana", method, name, surface=surface)
        assert (decision.allow, decision.rule) == (False, "shop/surface")


@pytest.mark.parametrize("client", ["seedbed-probe", "seedbed-probe-dev", "probe-of-another-issuer"])
@pytest.mark.parametrize("method", sorted(OPENING | LISTING))
def test_the_probe_may_open_and_list(method: str, client: str) -> None:
    assert allowed("carl", method, client=client, surface="probe")


@pytest.mark.parametrize("method", CALLS + STRANGE)
@pytest.mark.parametrize("login", ["ana", "bo", "carl"])
def test_the_probe_may_call_nothing_whoever_it_says_it_is(method: str, login: str) -> None:
    for name in ("look", "shop://rules", "greeting", None):
        decision = ask(login, method, name, surface="probe", client="seedbed-probe")
        assert (decision.allow, decision.rule) == (False, "shop/probe")


def test_what_makes_the_probe_is_its_surface_and_no_clients_name() -> None:
    assert not allowed("carl", "tools/list", client="seedbed-probe", surface="cli")
    assert allowed("ana", "tools/call", "look", client="seedbed-probe", surface="cli")


def test_a_policy_is_over_at_the_second_it_names() -> None:
    over = SHOP.not_after
    ana = PEOPLE["ana"].calling_from()
    late = Principal(
        subject="ana",
        business_groups=ana.business_groups,
        employment="employee",
        client="seedbed-cli",
        surface="cli",
        expires_at=over + 100,
    )
    assert allowed(late, "tools/call", "look", now=over - 0.001)
    assert ask(late, "tools/call", "look", now=over).rule == "shop/expired"
    assert not allowed(late, "tools/list", now=over + 1)


def test_a_person_is_nobody_from_the_second_the_token_ends() -> None:
    ana = replace(PEOPLE["ana"].calling_from(), expires_at=SHOP.not_after - 60)
    assert allowed(ana, "tools/call", "look", now=ana.expires_at - 0.001)
    assert ask(ana, "tools/call", "look", now=ana.expires_at).rule == "shop/token"


def test_the_probes_token_ends_too() -> None:
    probe = PEOPLE["ana"].calling_from("probe", client="seedbed-probe")
    assert not allowed(probe, "tools/list", now=probe.expires_at)
    assert not allowed(probe, "tools/list", now=SHOP.not_after)


def test_a_refusal_names_no_group_of_anybody() -> None:
    for who in PEOPLE:
        for method, name in (("tools/list", None), ("tools/call", "buy"), ("tools/call", "steal")):
            decision = ask(who, method, name)
            if not decision.allow:
                assert "finance" not in decision.reason
                assert "support" not in decision.reason
