"""A suspension closes one thing at once, whatever the policies say, and opens nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from platform_core.auth.principal import Principal
from platform_core.policy.decide import LISTING, OPENING, admit
from platform_core.policy.standing import CALM, Standing
from platform_core.policy.suspend import Suspension, Suspensions
from platform_core.testing.people import PEOPLE
from tests.platform_core.policies import a_policy, suspended
from tests.platform_core.policy.asking import allowed, ask, verdict
from tests.platform_core.samples import STRANGE

BILLING = "spiffe://seedbed.internal/production/service/billing"
WHY: dict[str, Any] = {"reason": "an incident", "by": "sam", "at": 0}


def under(*what: dict[str, str]) -> Standing:
    return Standing(suspended(*what))


SERVER, TOOL, ANA = under({"server": "shop"}), under({"server": "shop", "tool": "look"}), under({"person": "ana"})
PROBE = PEOPLE["carl"].calling_from("probe", client="seedbed-probe")


@pytest.mark.parametrize(
    "method", [*sorted(OPENING | LISTING), *STRANGE, "tools/call", "resources/read", "prompts/get"]
)
@pytest.mark.parametrize("who", ["ana", "bo", "carl", PROBE, Principal.service(BILLING)])
def test_a_suspended_server_is_closed_to_everybody_and_everything(method: str, who: Any) -> None:
    assert verdict(who, method, "look", standing=SERVER) == (False, "shop/suspended")


def test_a_suspended_tool_is_closed_to_everybody_and_nothing_else_is() -> None:
    for who in ("ana", "bo"):
        assert verdict(who, "tools/call", "look", standing=TOOL) == (False, "shop/suspended")
    assert allowed("ana", "tools/call", "buy", standing=TOOL)
    assert allowed("ana", "tools/list", standing=TOOL)
    assert allowed("ana", "resources/read", "shop://rules", standing=TOOL)
    assert verdict("ana", "tools/call", "steal", standing=TOOL) == (False, "shop/default-deny")


def test_a_tools_name_closes_no_resource_and_no_prompt_of_that_name() -> None:
    policy = a_policy(resources={"look": "browse"}, prompts={"look": "browse"})
    for method in ("resources/read", "prompts/get"):
        assert allowed("ana", method, "look", policy=policy, standing=TOOL)


@pytest.mark.parametrize(
    ("text", "method", "closed", "open_"),
    [
        ("shop://receipts/{number}", "resources/read", "shop://receipts/7", "shop://rules"),
        ("shop://rules", "resources/read", "shop://rules", "shop://receipts/7"),
        ("offer", "prompts/get", "offer", "look"),
    ],
)
def test_a_suspended_resource_or_prompt_is_closed_and_nothing_else_is(
    text: str, method: str, closed: str, open_: str
) -> None:
    resources = {"shop://receipts/{number}": "browse", "shop://rules": "browse"}
    policy = a_policy(resources=resources, prompts={"offer": "browse", "look": "browse"})
    standing = under({"server": "shop", "text": text})
    assert verdict("ana", method, closed, policy=policy, standing=standing) == (False, "shop/suspended")
    why = ask("ana", method, closed, policy=policy, standing=standing).reason
    assert why == f"{text} of shop is suspended: an incident"
    assert allowed("ana", method, open_, policy=policy, standing=standing)
    for other, name in (("tools/call", "look"), ("tools/list", None), ("ping", None)):
        assert allowed("ana", other, name, policy=policy, standing=standing)


def test_a_list_without_resources_reads_as_it_did_before_they_could_be_suspended() -> None:
    assert "text" not in suspended({"server": "shop", "tool": "look"}).model_dump_json()
    assert '"text":"shop://rules"' in suspended({"server": "shop", "text": "shop://rules"}).model_dump_json()


def test_a_suspended_person_is_nobody_everywhere_and_the_others_are_who_they_are() -> None:
    for method, name in (("ping", None), ("tools/list", None), ("tools/call", "look"), ("tools/call", "buy")):
        assert verdict("ana", method, name, standing=ANA) == (False, "shop/suspended")
        assert ask("bo", method, name, standing=ANA) == ask("bo", method, name)
    for server in ("shop", "seed"):
        assert not admit(a_policy(server=server), PEOPLE["ana"].calling_from(), now=0, standing=ANA).allow


def test_a_suspended_person_is_not_the_probe_either() -> None:
    probe = PEOPLE["ana"].calling_from("probe", client="seedbed-probe")
    assert verdict(probe, "tools/list", standing=ANA) == (False, "shop/suspended")


def test_a_service_loses_a_suspended_tool_and_is_no_suspended_person() -> None:
    entry = {"spiffe_id": BILLING, "tools": ["look"], "expires": 2**40, "reason": "r", "owner": "o"}
    policy = a_policy(services=[entry])
    service = Principal.service(BILLING)
    assert allowed(service, "tools/call", "look", policy=policy, standing=ANA)
    assert verdict(service, "tools/call", "look", policy=policy, standing=TOOL) == (False, "shop/suspended")
    assert allowed(service, "tools/call", "look", policy=policy, standing=under({"server": "shop", "tool": "buy"}))


@pytest.mark.parametrize(
    "what",
    [{"server": "seed"}, {"server": "seed", "tool": "look"}, {"server": "shop", "tool": "Look"}, {"person": "b"}],
)
def test_what_is_suspended_elsewhere_closes_nothing_here(what: dict[str, str]) -> None:
    for who in ("ana", "bo"):
        assert ask(who, "tools/call", "look", standing=under(what)) == ask(who, "tools/call", "look")


def test_of_many_suspensions_each_closes_its_own() -> None:
    both = under({"person": "bo"}, {"server": "seed"}, {"server": "shop", "tool": "buy"})
    assert not allowed("ana", "tools/call", "buy", standing=both)
    assert not allowed("bo", "tools/call", "look", standing=both)
    assert allowed("ana", "tools/call", "look", standing=both)
    assert Standing(suspended()).suspensions is not None
    assert ask("ana", "tools/call", "buy", standing=Standing(suspended())) == ask("ana", "tools/call", "buy")


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        (SERVER, "shop is suspended: an incident"),
        (TOOL, "look of shop is suspended: an incident"),
        (ANA, "your access is suspended: an incident"),
    ],
)
def test_who_is_refused_hears_what_is_closed_and_why(standing: Standing, says: str) -> None:
    assert ask("ana", "tools/call", "look", standing=standing).reason == says


# -- the lease, which stands above policies too


@pytest.mark.parametrize("sensitive", [{"risk": "change"}, {"data_class": "restricted"}])
def test_a_stale_lease_closes_the_tools_that_change_data_or_show_what_is_restricted(sensitive: dict[str, str]) -> None:
    facts = {"policy": "browse", "risk": "low", "data_class": "internal"}
    tools = {"look": facts, "grave": facts | sensitive, "buy": facts | {"risk": "cost"}}
    policy, stale = a_policy(tools=tools), Standing(lease="stale")
    assert allowed("ana", "tools/call", "grave", policy=policy)
    assert verdict("ana", "tools/call", "grave", policy=policy, standing=stale) == (False, "shop/lease")
    for method, name in (("tools/call", "look"), ("tools/call", "buy"), ("resources/read", "shop://ledger")):
        assert allowed("ana", method, name, policy=policy, standing=stale)
    assert allowed("ana", "prompts/get", "offer", policy=policy, standing=stale)
    assert allowed("ana", "tools/list", policy=policy, standing=stale)


@pytest.mark.parametrize("method", [*sorted(OPENING | LISTING), "tools/call", "resources/read"])
@pytest.mark.parametrize("who", ["ana", "bo", "carl", PROBE, Principal.service(BILLING)])
def test_a_lapsed_lease_closes_everything_to_everybody(method: str, who: Any) -> None:
    assert verdict(who, method, "look", standing=Standing(lease="lapsed")) == (False, "shop/lease")


def test_while_nothing_is_suspended_and_the_registry_was_heard_nothing_is_closed() -> None:
    assert (CALM.suspensions, CALM.lease) == (None, "fresh")
    assert Standing() == CALM


# -- the document


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"tool": "look"},
        {"server": "shop", "person": "ana"},
        {"server": "shop", "tool": "look", "person": "ana"},
        {"text": "shop://rules"},
        {"server": "shop", "text": ""},
        {"server": "shop", "tool": "look", "text": "shop://rules"},
        {"person": "ana", "text": "shop://rules"},
        {"tool": "look", "person": "ana"},
        {"person": ""},
        {"person": "a" * 257},
        {"server": ""},
        {"server": "Shop"},
        {"server": "*"},
        {"server": "shop", "tool": ""},
        {"server": "shop", "tool": "look around"},
        {"server": "shop", "reason": ""},
        {"server": "shop", "reason": "x" * 301},
        {"server": "shop", "until": 7},
    ],
)
def test_a_suspension_names_exactly_one_thing_and_a_reason(what: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Suspension.model_validate(WHY | what)


@pytest.mark.parametrize("left_out", ["reason", "by", "at"])
def test_a_suspension_says_why_by_whom_and_when(left_out: str) -> None:
    with pytest.raises(ValidationError, match=left_out):
        Suspension.model_validate({name: value for name, value in WHY.items() if name != left_out} | {"server": "shop"})


@pytest.mark.parametrize(
    "changed", [{"format": 2}, {"kind": "policy"}, {"version": 0}, {"environment": "staging"}, {"opens": ["shop"]}]
)
def test_a_list_of_another_kind_is_no_list_of_suspensions(changed: dict[str, Any]) -> None:
    document = suspended({"server": "shop"}).model_dump()
    with pytest.raises(ValidationError):
        Suspensions.model_validate(document | changed)


def test_a_list_cant_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        suspended().entries = ()  # type: ignore[misc]
