"""A workload that calls for itself does what a review enumerated for it, until the day it named, and nothing else."""

import math
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.decide import LISTING, OPENING, admit
from platform_core.policy.standing import CALM, Standing
from platform_core.testing.people import PEOPLE
from tests.platform_core.policies import a_policy
from tests.platform_core.policy.asking import allowed, ask, verdict
from tests.platform_core.samples import CALLS, STRANGE

BILLING = "spiffe://seedbed.internal/production/service/billing"
AUDIT = "spiffe://seedbed.internal/production/service/audit"
TOOLS = {
    "look": {"policy": "browse", "risk": "low", "data_class": "internal"},
    "peek": {"policy": "buy", "risk": "low", "data_class": "public"},
    "buy": {"policy": "buy", "risk": "cost", "data_class": "internal"},
    "paint": {"policy": "buy", "risk": "change", "data_class": "internal"},
    "secret": {"policy": "buy", "risk": "low", "data_class": "restricted"},
}


def listed(spiffe_id: str = BILLING, *tools: str, expires: int = 2000) -> dict[str, Any]:
    """One entry of the list of services."""
    why = {"reason": "the monthly run", "owner": "billing"}
    return {"spiffe_id": spiffe_id, "tools": tools or ("look",), "expires": expires, **why}


def shop(*services: dict[str, Any], discovery: str = "person", **changed: Any) -> PolicyArtefact:
    """The shop's policy with these services in it, in force from 0 to 9000."""
    reach = {"surfaces": ["cli"], "discovery": discovery}
    told: dict[str, Any] = {"issued_at": 0, "not_after": 9000, "tools": TOOLS, "reach": reach, "services": services}
    return a_policy(**told | changed)


SERVED = shop(listed())
SERVICE = Principal.service(BILLING)


def test_a_listed_service_calls_its_tool_with_no_person_behind_it() -> None:
    assert verdict(SERVICE, "tools/call", "look", policy=SERVED, now=1000) == (True, "shop/service")


@pytest.mark.parametrize("tool", ["peek", "buy", "paint", "secret", "steal", "Look", "look ", "", None])
def test_it_calls_no_other_tool(tool: str | None) -> None:
    assert not allowed(SERVICE, "tools/call", tool, policy=SERVED, now=1000)


def test_it_reads_the_resources_that_are_listed_and_no_others() -> None:
    resources = {"shop://stock": "browse", "shop://prices": "browse"}
    served = shop(listed() | {"tools": (), "resources": ("shop://stock",)}, resources=resources)
    assert allowed(SERVICE, "resources/read", "shop://stock", policy=served, now=1000)
    for name in ("shop://prices", "shop://stock/1", "look", "", None):
        assert not allowed(SERVICE, "resources/read", name, policy=served, now=1000)
    assert not allowed(SERVICE, "tools/call", "shop://stock", policy=served, now=1000)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"tools": ()}, "is listed for nothing"),
        ({"tools": (), "resources": ("shop://attic",)}, "resources that there are not: shop://attic"),
    ],
)
def test_a_listing_of_nothing_or_of_what_is_not_there_is_refused(names: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        shop(listed() | names)


def test_a_call_that_names_no_tool_is_no_call() -> None:
    assert verdict(SERVICE, "tools/call", None, policy=SERVED, now=1000) == (False, "shop/default-deny")


@pytest.mark.parametrize("discovery", ["person", "service"])
@pytest.mark.parametrize("name", ["shop://rules", "shop://ledger", "greeting", "offer", "look"])
@pytest.mark.parametrize("method", sorted({*CALLS, *STRANGE} - {"tools/call"}))
def test_it_reads_no_resource_asks_no_prompt_and_does_nothing_strange(method: str, name: str, discovery: str) -> None:
    policy = shop(listed(), discovery=discovery)
    assert verdict(SERVICE, method, name, policy=policy, now=1000) == (False, "shop/default-deny")


@pytest.mark.parametrize(("discovery", "allow"), [("person", False), ("service", True)])
@pytest.mark.parametrize("method", sorted(OPENING | LISTING))
def test_whether_services_may_look_around_is_each_servers_choice(method: str, discovery: str, allow: bool) -> None:
    policy = shop(listed(), discovery=discovery)
    assert verdict(SERVICE, method, policy=policy, now=1000) == (allow, "shop/discovery")
    assert allowed(SERVICE, "tools/call", "look", policy=policy, now=1000)


def test_without_a_choice_a_server_is_not_shown_to_services() -> None:
    assert a_policy().reach.discovery == "person"


@pytest.mark.parametrize(
    "spiffe_id",
    [
        AUDIT,
        BILLING + "/",
        BILLING + "2",
        BILLING.upper(),
        "spiffe://seedbed.internal/dev/service/billing",
        "spiffe://evil.test/production/service/billing",
        "",
    ],
)
@pytest.mark.parametrize("method", ["tools/call", "tools/list", "ping"])
def test_a_service_that_is_not_listed_reaches_nothing(spiffe_id: str, method: str) -> None:
    stranger, policy = Principal.service(spiffe_id), shop(listed(), discovery="service")
    assert verdict(stranger, method, "look", policy=policy, now=1000) == (False, "shop/service")
    assert verdict(SERVICE, method, "look", policy=a_policy(), now=1000) == (False, "shop/service")


def test_a_workload_without_a_name_is_on_no_list() -> None:
    nameless = replace(SERVICE, workload=None)
    assert not allowed(nameless, "tools/call", "look", policy=SERVED, now=1000)


def test_what_a_service_may_do_is_over_at_the_second_it_names() -> None:
    policy = shop(listed(), discovery="service")
    for method, name in (("tools/call", "look"), ("tools/list", None), ("ping", None)):
        assert allowed(SERVICE, method, name, policy=policy, now=1999.999)
        for now in (2000, 2000.1, 8999):
            assert verdict(SERVICE, method, name, policy=policy, now=now) == (False, "shop/service-expired")


def test_of_two_entries_each_has_its_own_tools_and_its_own_end() -> None:
    policy = shop(listed(BILLING, "look", expires=2000), listed(BILLING, "peek", expires=3000))
    for now, may in ((1000, {"look", "peek"}), (2000, {"peek"}), (2999, {"peek"}), (3000, set[str]())):
        assert {tool for tool in TOOLS if allowed(SERVICE, "tools/call", tool, policy=policy, now=now)} == may


def test_an_entry_opens_nothing_for_another_service() -> None:
    policy = shop(listed(BILLING, "look"), listed(AUDIT, "peek"))
    assert allowed(Principal.service(AUDIT), "tools/call", "peek", policy=policy, now=1000)
    assert verdict(SERVICE, "tools/call", "peek", policy=policy, now=1000) == (False, "shop/service")


def test_a_service_is_not_asked_where_and_in_which_groups_it_is() -> None:
    """The list alone lets it in: gate, surfaces, teams, channels and named policies speak of people."""
    narrow: dict[str, Any] = {"surfaces": ["cli"], "groups": ["x"], "channels": {"cli": ["C"]}}
    nobody = {"browse": {"employment": "nobody"}, "buy": {"employment": "nobody"}}
    policy = shop(listed(), reach=narrow, gate={"business_groups": ["x"]}, policies=nobody)
    assert allowed(SERVICE, "tools/call", "look", policy=policy, now=1000)


def test_no_policy_lets_a_service_in_that_is_not_on_the_list() -> None:
    """Neither does the employment `service` in an expression, nor a gate for everybody, nor a surface of that name."""
    rules = {"browse": {"employment": "service"}, "buy": {"not": {"employment": "employee"}}}
    reach = {"surfaces": ["service", "cli"], "discovery": "service"}
    policy = shop(reach=reach, gate={"business_groups": ["*"], "browse": ["*"]}, policies=rules)
    for method, name in (
        ("ping", None),
        ("tools/list", None),
        ("tools/call", "look"),
        ("resources/read", "shop://rules"),
    ):
        assert verdict(SERVICE, method, name, policy=policy, now=1000) == (False, "shop/service")


def test_the_list_opens_nothing_for_a_person_carried_by_that_workload() -> None:
    carl = replace(PEOPLE["carl"].calling_from(), workload=BILLING, expires_at=math.inf)
    assert verdict(carl, "tools/call", "look", policy=SERVED, now=1000) == (False, "shop/gate")


def test_a_service_ends_with_the_policy_and_with_the_lease() -> None:
    assert verdict(SERVICE, "tools/call", "look", policy=shop(listed(expires=99999)), now=9000) == (
        False,
        "shop/expired",
    )
    for standing, allow in ((CALM, True), (Standing(lease="stale"), True), (Standing(lease="lapsed"), False)):
        assert allowed(SERVICE, "tools/call", "look", policy=SERVED, now=1000, standing=standing) is allow


def test_who_may_come_at_all_is_the_same_question() -> None:
    assert admit(SERVED, SERVICE, now=1000).allow
    assert not admit(SERVED, Principal.service(AUDIT), now=1000).allow
    assert not admit(SERVED, SERVICE, now=2000).allow


def test_a_verdict_says_in_words_what_a_service_may() -> None:
    for discovery, may in (("person", "may not"), ("service", "may")):
        said = ask(SERVICE, "tools/list", policy=shop(listed(), discovery=discovery), now=1000).reason
        assert said == f"shop {may} be seen by services"
    assert ask(SERVICE, "tools/call", "look", policy=SERVED, now=1000).reason == "look is listed for this service"
    assert ask(SERVICE, "tools/call", "peek", policy=SERVED, now=1000).reason == "peek is not listed for this service"


def test_a_refusal_tells_a_service_nothing_of_the_others() -> None:
    policy = shop(listed(AUDIT, "peek"), discovery="service")
    for name in ("look", "peek"):
        reason = ask(SERVICE, "tools/call", name, policy=policy, now=1000).reason
        assert "audit" not in reason


# -- what a review can't give a service


@pytest.mark.parametrize("tool", ["buy", "paint", "secret", "steal"])
def test_no_service_is_given_a_tool_that_costs_changes_or_shows_what_is_restricted(tool: str) -> None:
    with pytest.raises(
        ValidationError, match=f"may not have the tool {tool}: a service calls listed tools of risk low"
    ):
        shop(listed(BILLING, "look", tool))


@pytest.mark.parametrize(
    "fault",
    [
        {"tools": []},
        {"reason": ""},
        {"owner": ""},
        {"expires": None},
        {"expires": "never"},
        {"spiffe_id": "billing"},
        {"spiffe_id": "spiffe://seedbed.internal"},
        {"spiffe_id": "spiffe://seedbed.internal/"},
        {"spiffe_id": "spiffe://seedbed.internal/*"},
        {"spiffe_id": "spiffe://seedbed.internal/a/../b;URI=c"},
        {"spiffe_id": "https://seedbed.internal/a"},
        {"spiffe_id": "spiffe://seedbed.internal/" + "a" * 2048},
        {"groups": ["finance"]},
    ],
)
def test_an_entry_has_a_workload_tools_a_reason_an_owner_and_an_end(fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        shop(listed() | fault)


@pytest.mark.parametrize("field", ["spiffe_id", "tools", "reason", "owner", "expires"])
def test_no_fact_of_an_entry_may_be_left_out(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        shop({name: value for name, value in listed().items() if name != field})
