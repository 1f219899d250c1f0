"""What must hold for every policy, every caller, every request and everything that stands above policies."""

from dataclasses import replace
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import BROWSE, PolicyArtefact
from platform_core.policy.decide import LISTING, OPENING, Target, admit, decide
from platform_core.policy.standing import CALM, Lease, Standing
from platform_core.policy.suspend import Suspensions
from tests.platform_core.policies import a_policy, suspended
from tests.platform_core.samples import CALLERS, CALLS, NAMES, PEOPLE_OF_ALL_KINDS, SERVICES, STRANGE, TERMS

TOOLS = ("one", "two", "three")
POLICY_NAMES = (BROWSE, "x", "y")
NOW = 1000.0

_some_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2)
_wide = st.just({"group": [*NAMES]})
often, seldom = st.sampled_from([True, True, True, False]), st.sampled_from([False, False, False, True])
_rules = {
    "policy": st.sampled_from(POLICY_NAMES),
    "risk": st.sampled_from(["low", "low", "low", "cost", "change"]),
    "data_class": st.sampled_from(["public", "internal", "restricted"]),
}


@st.composite
def policies(draw: st.DrawFn) -> PolicyArtefact:
    groups = st.lists(st.sampled_from(["*", *NAMES]), min_size=1, max_size=3)
    named = st.sampled_from(POLICY_NAMES)
    surfaces = draw(st.one_of(st.just([*NAMES, "service"]), _some_names))
    tools = {name: draw(st.fixed_dictionaries(_rules)) for name in TOOLS if draw(often)}
    return a_policy(
        issued_at=1,
        not_after=draw(st.sampled_from([*[9000] * 12, 1001, 1000, 500])),
        reach={
            "surfaces": surfaces,
            "groups": draw(st.one_of(st.just([]), st.just([]), _some_names)),
            "channels": {name: draw(_some_names) for name in sorted(set(surfaces)) if draw(seldom)},
            "discovery": draw(st.sampled_from(["person", "service"])),
        },
        gate={"business_groups": draw(groups), "browse": draw(st.one_of(st.just([]), groups))},
        policies={name: draw(st.one_of(TERMS, _wide)) for name in POLICY_NAMES},
        tools=tools,
        resources={t: draw(named) for t in TOOLS if draw(often)},
        prompts={t: draw(named) for t in TOOLS if draw(often)},
        services=draw(services_for(tools)),
    )


def services_for(tools: dict[str, dict[str, str]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Entries for the tools that a review may give to a service."""
    harmless = [name for name, rule in tools.items() if rule["risk"] == "low" and rule["data_class"] != "restricted"]
    if not harmless:
        return st.just([])
    entry: dict[str, st.SearchStrategy[Any]] = {
        "spiffe_id": st.sampled_from(SERVICES),
        "tools": st.lists(st.sampled_from(harmless), min_size=1, max_size=2),
        "expires": st.sampled_from([*[9000] * 5, 1001, 1000, 999]),
        "reason": st.just("a run"),
        "owner": st.just("somebody"),
    }
    return st.lists(st.fixed_dictionaries(entry), min_size=1, max_size=4)


_looking, _calling = st.sampled_from(sorted(OPENING | LISTING)), st.sampled_from(["tools/call", "tools/call", *CALLS])
methods = st.one_of(_calling, _calling, _calling, _looking, st.sampled_from(STRANGE), st.text(max_size=12))
_named = st.sampled_from(TOOLS)
targets = st.builds(Target, methods, st.one_of(_named, _named, _named, st.none(), st.text(max_size=5)))
entries: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.fixed_dictionaries({"server": st.sampled_from(["seed", "seed", "shop"])}),
    st.fixed_dictionaries({"server": st.sampled_from(["seed", "shop"]), "tool": st.sampled_from(TOOLS)}),
    st.fixed_dictionaries({"person": st.sampled_from(NAMES)}),
)


def _all_closed(what: list[dict[str, str]]) -> Suspensions:
    return suspended(*what)


LEASES: tuple[Lease, ...] = ("fresh", "stale", "lapsed")
standings = st.builds(
    Standing,
    st.one_of(st.none(), st.none(), st.lists(entries, max_size=3).map(_all_closed)),
    st.sampled_from([*["fresh"] * 6, *LEASES]),
)


class Question(NamedTuple):
    """Who wants what, under which policy, and what stands above it."""

    policy: PolicyArtefact
    who: Principal
    target: Target
    standing: Standing


@st.composite
def questions(draw: st.DrawFn, callers: st.SearchStrategy[Principal] = CALLERS) -> Question:
    policy, who = draw(policies()), draw(callers)
    if draw(often):
        who = welcome(policy, who)
    return Question(policy, who, draw(targets), draw(standings))


def welcome(policy: PolicyArtefact, who: Principal) -> Principal:
    """The caller with the facts that the reach asks for: by chance alone hardly anybody would ever be let in."""
    if who.kind == "service":
        return replace(who, workload=policy.services[0].spiffe_id) if policy.services else who
    surface, everywhere = policy.reach.surfaces[0], frozenset(NAMES)
    channel = policy.reach.channels.get(surface, (who.channel,))[0]
    return replace(who, surface=surface, channel=channel, groups=everywhere, business_groups=everywhere)


def policy_behind(policy: PolicyArtefact, target: Target) -> str | None:
    rules = {
        "tools/call": {name: rule.policy for name, rule in policy.tools.items()},
        "resources/read": policy.resources,
        "prompts/get": policy.prompts,
    }
    return rules.get(target.method, {}).get(target.name or "")


def member(who: Principal, groups: tuple[str, ...]) -> bool:
    return "*" in groups or any(group in groups for group in who.business_groups)


# -- the whole rule, said a second time: the evaluator and this list may never differ


def person_may_come(policy: PolicyArtefact, who: Principal) -> bool:
    reach = policy.reach
    in_channel = who.surface not in reach.channels or who.channel in reach.channels[who.surface]
    in_team = not reach.groups or any(group in reach.groups for group in who.groups)
    inside = member(who, policy.gate.business_groups) or member(who, policy.gate.browse)
    return who.surface in reach.surfaces and in_channel and in_team and inside


def person_may(policy: PolicyArtefact, who: Principal, target: Target) -> bool:
    if target.method in OPENING | LISTING:
        return True
    behind = policy_behind(policy, target)
    full = member(who, policy.gate.business_groups)
    return behind is not None and (full or behind == BROWSE) and policy.policies[behind].holds(who)


def tools_of_service(policy: PolicyArtefact, who: Principal) -> set[str]:
    mine = [e for e in policy.services if e.spiffe_id == who.workload and e.expires > NOW]
    return {tool for entry in mine for tool in entry.tools}


def standing_lets(policy: PolicyArtefact, who: Principal, target: Target, standing: Standing) -> bool:
    tool = target.name if target.method == "tools/call" else None
    closed = standing.suspensions.entries if standing.suspensions else ()
    for entry in closed:
        whole_server = entry.server == "shop" and entry.tool is None
        this_tool = entry.server == "shop" and entry.tool is not None and entry.tool == tool
        if whole_server or this_tool or (entry.person is not None and entry.person == who.subject):
            return False
    rule = policy.tools.get(tool or "")
    sensitive = rule is not None and (rule.risk == "change" or rule.data_class == "restricted")
    return standing.lease == "fresh" or (standing.lease == "stale" and not sensitive)


def expected(policy: PolicyArtefact, who: Principal, target: Target, standing: Standing) -> bool:
    looking = target.method in OPENING | LISTING
    if policy.not_after <= NOW or who.expires_at <= NOW or not standing_lets(policy, who, target, standing):
        return False
    if who.kind == "service":
        tools = tools_of_service(policy, who)
        called = target.method == "tools/call" and target.name in tools
        return called or (looking and bool(tools) and policy.reach.discovery == "service")
    if who.surface == "probe":
        return looking
    return person_may_come(policy, who) and person_may(policy, who, target)


@given(questions())
@settings(max_examples=300)
def test_yes_means_that_every_lock_was_open(asked: Question) -> None:
    policy, who, target, standing = asked
    assert decide(policy, who, target, now=NOW, standing=standing).allow is expected(policy, who, target, standing)


@given(questions())
def test_who_may_not_come_at_all_may_do_nothing(asked: Question) -> None:
    policy, who, target, standing = asked
    admitted = admit(policy, who, now=NOW, standing=standing)
    if not admitted.allow:
        assert decide(policy, who, target, now=NOW, standing=standing) == admitted


# -- never wider


@given(questions(), entries)
def test_one_more_suspension_never_opens_anything(asked: Question, entry: dict[str, str]) -> None:
    policy, who, target, standing = asked
    before = [e.model_dump(exclude_none=True) for e in standing.suspensions.entries] if standing.suspensions else []
    after = Standing(suspended(*before, entry), standing.lease)
    if not decide(policy, who, target, now=NOW, standing=standing).allow:
        assert not decide(policy, who, target, now=NOW, standing=after).allow


@given(questions())
def test_an_older_lease_never_opens_anything(asked: Question) -> None:
    policy, who, target, standing = asked
    verdicts = [
        decide(policy, who, target, now=NOW, standing=Standing(standing.suspensions, lease)).allow for lease in LEASES
    ]
    assert verdicts == sorted(verdicts, reverse=True)


@given(questions())
def test_whatever_stands_above_a_policy_never_opens_anything(asked: Question) -> None:
    policy, who, target, standing = asked
    if decide(policy, who, target, now=NOW, standing=standing).allow:
        assert decide(policy, who, target, now=NOW, standing=CALM).allow


@given(questions(), st.floats(0, 9000), st.floats(0, 9000))
def test_what_is_over_is_over(asked: Question, one: float, other: float) -> None:
    policy, who, target, standing = asked
    """Time alone opens nothing."""
    earlier, later = sorted((one, other))
    if decide(policy, who, target, now=later, standing=standing).allow:
        assert decide(policy, who, target, now=earlier, standing=standing).allow


# -- people


@given(questions(PEOPLE_OF_ALL_KINDS))
def test_nobody_on_the_browse_list_alone_ever_gets_past_browsing(asked: Question) -> None:
    policy, who, target, _ = asked
    if not member(who, policy.gate.business_groups) and decide(policy, who, target, now=NOW).allow:
        assert target.method in OPENING | LISTING or policy_behind(policy, target) == BROWSE


@given(questions(PEOPLE_OF_ALL_KINDS), st.sampled_from(SERVICES))
def test_by_whom_a_person_is_carried_and_which_services_are_listed_changes_nothing_for_them(
    asked: Question, carrier: str
) -> None:
    policy, who, target, _ = asked
    alone = policy.model_copy(update={"services": ()})
    assert decide(policy, replace(who, workload=carrier), target, now=NOW) == decide(alone, who, target, now=NOW)


# -- everybody


@given(questions())
def test_what_no_review_named_is_refused_to_everybody(asked: Question) -> None:
    policy, who, target, _ = asked
    if target.method not in OPENING | LISTING and policy_behind(policy, target) is None:
        assert not decide(policy, who, target, now=NOW).allow


@given(questions())
def test_no_service_ever_calls_what_costs_changes_or_shows_what_is_restricted(asked: Question) -> None:
    policy, who, target, _ = asked
    if who.kind == "service" and target.method == "tools/call" and decide(policy, who, target, now=NOW).allow:
        rule = policy.tools[target.name or ""]
        assert (rule.risk, rule.sensitive) == ("low", False)


@given(questions())
def test_every_verdict_names_its_server_and_its_reason(asked: Question) -> None:
    policy, who, target, standing = asked
    decision = decide(policy, who, target, now=NOW, standing=standing)
    assert decision.rule.startswith("shop/")
    assert decision.reason
