"""What must hold for every policy, every person and every request."""

from hypothesis import given
from hypothesis import strategies as st

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import BROWSE, PolicyArtefact
from platform_core.policy.decide import LISTING, OPENING, Target, decide
from tests.platform_core.policies import a_policy
from tests.platform_core.samples import CALLS, NAMES, PEOPLE_OF_ALL_KINDS, STRANGE, TERMS

TOOLS = ("one", "two", "three")
POLICY_NAMES = (BROWSE, "x", "y")


@st.composite
def policies(draw: st.DrawFn) -> PolicyArtefact:
    groups = st.lists(st.sampled_from([*NAMES, "*"]), min_size=1, max_size=2)
    named = st.sampled_from(POLICY_NAMES)
    return a_policy(
        issued_at=1,
        not_after=draw(st.sampled_from([500, 1000, 1001, 9000])),
        reach={"surfaces": draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2))},
        gate={"business_groups": draw(groups), "browse": draw(st.one_of(st.just([]), groups))},
        policies={name: draw(TERMS) for name in POLICY_NAMES},
        tools={t: {"policy": draw(named), "risk": "low", "data_class": "public"} for t in TOOLS if draw(st.booleans())},
        resources={t: draw(named) for t in TOOLS if draw(st.booleans())},
        prompts={t: draw(named) for t in TOOLS if draw(st.booleans())},
    )


methods = st.one_of(st.sampled_from([*CALLS, *sorted(OPENING | LISTING), *STRANGE]), st.text(max_size=12))
targets = st.builds(Target, methods, st.one_of(st.none(), st.sampled_from(TOOLS), st.text(max_size=5)))
NOW = 1000.0


def policy_behind(policy: PolicyArtefact, target: Target) -> str | None:
    rules = {
        "tools/call": {name: rule.policy for name, rule in policy.tools.items()},
        "resources/read": policy.resources,
        "prompts/get": policy.prompts,
    }
    return rules.get(target.method, {}).get(target.name or "")


def member(who: Principal, groups: tuple[str, ...]) -> bool:
    return "*" in groups or any(group in groups for group in who.business_groups)


@given(policies(), PEOPLE_OF_ALL_KINDS, targets)
def test_nobody_on_the_browse_list_alone_ever_gets_past_browsing(
    policy: PolicyArtefact, who: Principal, target: Target
) -> None:
    if not member(who, policy.gate.business_groups) and decide(policy, who, target, now=NOW).allow:
        assert target.method in OPENING | LISTING or policy_behind(policy, target) == BROWSE


@given(policies(), PEOPLE_OF_ALL_KINDS, targets)
def test_what_no_review_named_is_refused_to_everybody(policy: PolicyArtefact, who: Principal, target: Target) -> None:
    if target.method not in OPENING | LISTING and policy_behind(policy, target) is None:
        assert not decide(policy, who, target, now=NOW).allow


@given(policies(), PEOPLE_OF_ALL_KINDS, targets)
def test_yes_means_that_every_lock_was_open(policy: PolicyArtefact, who: Principal, target: Target) -> None:
    """The whole rule, said a second time: the evaluator and this list may never differ."""
    opening = target.method in OPENING | LISTING
    behind = policy_behind(policy, target)
    full = member(who, policy.gate.business_groups)
    inside = full or member(who, policy.gate.browse)
    fits = opening or (behind is not None and (full or behind == BROWSE) and policy.policies[behind].holds(who))
    in_time = policy.not_after > NOW and who.expires_at > NOW
    reached = who.surface in policy.reach.surfaces and inside and fits
    expected = in_time and (opening if who.client == "seedbed-probe" else reached)
    assert decide(policy, who, target, now=NOW).allow is expected


@given(policies(), PEOPLE_OF_ALL_KINDS, targets)
def test_every_verdict_names_its_server_and_its_reason(policy: PolicyArtefact, who: Principal, target: Target) -> None:
    decision = decide(policy, who, target, now=NOW)
    assert decision.rule.startswith("shop/")
    assert decision.reason
