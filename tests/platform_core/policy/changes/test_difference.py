"""A change of policy in words: whoever is named gains or loses, and nobody else does."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.changes.access import OPENING, access
from platform_core.policy.changes.boxes import OTHER, Box, Fact, Known, judge, named
from platform_core.policy.changes.difference import Change, difference
from platform_core.policy.changes.rows import rows
from platform_core.policy.decide import Decision, Target, decide

NOW = 1_000_000
GROUPS, BUSINESS, ROLES = ["platform", "support", "security"], ["ads", "finance", "legal"], ["operator", "analyst"]
SURFACES, CHANNELS, EMPLOYED = ["cli", "web-chat", "chat-bot"], ["#ads", "#ops"], ["employee", "contractor"]
TOOLS = ["find", "run", "drop"]


def some(names: list[str], least: int = 1) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=least, max_size=len(names), unique=True)


def changes(before: PolicyArtefact, after: PolicyArtefact) -> list[str]:
    """The rows as lines."""
    return [
        line
        for row in rows(before, after)
        for line in (f"  {row.what}", *_signed("+", row.gains), *_signed("-", row.loses))
    ]


def _signed(sign: str, lines: tuple[str, ...]) -> list[str]:
    return [f"    {sign} {line}" for line in lines]


LEAVES = st.one_of(
    st.fixed_dictionaries({"group": some(GROUPS)}),
    st.fixed_dictionaries({"business_group": some(BUSINESS)}),
    st.fixed_dictionaries({"role": some(ROLES)}),
    st.fixed_dictionaries({"employment": some(EMPLOYED)}),
    st.fixed_dictionaries({"surface": some(SURFACES)}),
    st.fixed_dictionaries({"channel": some(CHANNELS)}),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda terms: st.one_of(
        st.fixed_dictionaries({"any": st.lists(terms, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"all": st.lists(terms, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": terms}),
    ),
    max_leaves=6,
)


@st.composite
def artefacts(draw: st.DrawFn) -> PolicyArtefact:
    surfaces = draw(some(SURFACES))
    policies = {name: draw(EXPRESSIONS) for name in ("browse", "use")}
    tools = {name: _rule(draw(st.sampled_from(sorted(policies)))) for name in draw(some(TOOLS))}
    open_in = draw(st.lists(st.sampled_from(surfaces), max_size=1))
    return artefact(
        reach={
            "surfaces": surfaces,
            "groups": draw(some(GROUPS, 0)),
            "channels": {surface: draw(some(CHANNELS)) for surface in open_in},
        },
        gate={"business_groups": draw(some([*BUSINESS, "*"])), "browse": draw(some([*BUSINESS, "*"], 0))},
        policies=policies,
        tools=tools,
    )


def _rule(policy: str) -> dict[str, str]:
    return {"policy": policy, "risk": "low", "data_class": "internal"}


def artefact(*, version: int = 1, **fields: Any) -> PolicyArtefact:
    fixed: dict[str, Any] = {
        "server": "presto", "environment": "production", "version": version, "issued_at": NOW - 1,
        "not_after": NOW + 1, "contract_digest": f"sha256:{'0' * 64}", "reviews": (), "how_to_ask": "ask",
    }  # fmt: skip
    usual: dict[str, Any] = {
        "reach": {"surfaces": ["cli"]}, "gate": {"business_groups": ["*"]},
        "policies": {"use": {"employment": "employee"}}, "tools": {"find": _rule("use")},
    }  # fmt: skip
    return PolicyArtefact.model_validate(fixed | usual | fields)


PEOPLE = st.builds(
    Principal,
    subject=st.just("somebody"),
    groups=some([*GROUPS, "another"], 0).map(frozenset),
    business_groups=some([*BUSINESS, "another"], 0).map(frozenset),
    roles=some([*ROLES, "another"], 0).map(frozenset),
    employment=st.sampled_from([*EMPLOYED, "intern"]),
    client=st.just(""),
    surface=st.sampled_from([*SURFACES, "ide"]),
    channel=st.sampled_from([*CHANNELS, "#other", None]),
    expires_at=st.just(NOW + 1.0),
)


def verdict(policy: PolicyArtefact, who: Principal, what: str) -> Decision:
    target = Target("server/discover") if what == OPENING else Target("tools/call", what)
    return decide(policy, who, target, now=NOW)


def is_in(boxes: tuple[Box, ...], who: Principal, known: Known) -> bool:
    """Whether a person is one of the callers that the boxes mean; what no policy names counts as any other."""
    single = {"employment": who.employment, "surface": who.surface, "channel": who.channel}
    many = {"group": who.groups, "business_group": who.business_groups, "role": who.roles}

    def value(fact: Fact) -> str | bool:
        if fact.name:
            return fact.name in many[fact.kind]
        found = single[fact.kind] or OTHER
        return found if found in known[fact] else OTHER

    return any(all(value(fact) in values for fact, values in box.items()) for box in boxes)


FEW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(policy=artefacts(), people=st.lists(PEOPLE, min_size=1, max_size=5))
def test_the_terms_of_a_policy_say_what_the_evaluator_says(policy: PolicyArtefact, people: list[Principal]) -> None:
    for what, terms in access(policy).items():
        for who in people:
            assert all(term.holds(who) for term in terms) == verdict(policy, who, what).allow


@FEW
@given(before=artefacts(), after=artefacts(), people=st.lists(PEOPLE, min_size=1, max_size=5))
def test_whoever_is_named_gains_or_loses_and_nobody_else_does(
    before: PolicyArtefact, after: PolicyArtefact, people: list[Principal]
) -> None:
    found = difference(before, after)
    for what in (OPENING, *TOOLS):
        known = named((*access(before).get(what, ()), *access(after).get(what, ())))
        for who in people:
            was, is_now = verdict(before, who, what).allow, verdict(after, who, what).allow
            change = found.get(what, Change(gains=(), loses=()))
            assert is_in(change.gains, who, known) == (is_now and not was)
            assert is_in(change.loses, who, known) == (was and not is_now)


@FEW
@given(policy=artefacts())
def test_a_policy_does_not_differ_from_itself(policy: PolicyArtefact) -> None:
    assert rows(policy, policy) == []


@FEW
@given(policy=artefacts())
def test_a_set_of_callers_that_is_known_to_the_last_fact_leaves_nothing_open(policy: PolicyArtefact) -> None:
    for terms in access(policy).values():
        known = named(terms)
        whole = {fact: frozenset({sorted(values, key=str)[0]}) for fact, values in known.items()}
        assert isinstance(judge(terms, whole, known), bool)


def test_a_wider_gate_and_a_new_tool_are_said_in_words() -> None:
    before = artefact(gate={"business_groups": ["ads"]})
    after = artefact(
        version=2,
        gate={"business_groups": ["ads", "finance", "legal"]},
        policies={"use": {"employment": "employee"}, "change": {"all": [{"group": "platform"}, {"role": "operator"}]}},
        tools={"find": _rule("use"), "drop": _rule("change")},
    )
    assert list(changes(before, after)) == [
        "  open the server",
        "    + everybody, in business group finance or legal, not in business group ads, from cli",
        "  find",
        "    + employees, in business group finance or legal, not in business group ads, from cli",
        "  drop",
        "    + everybody, in business group ads, finance or legal, in group platform, in role operator, from cli",
    ]


def test_before_the_first_policy_everything_is_closed_to_everybody() -> None:
    first = artefact(tools={"find": _rule("use")})
    assert [row.what for row in rows(None, first)] == ["open the server", "find"]
    assert not any(row.loses for row in rows(None, first))


def test_a_tool_that_closes_and_a_surface_that_goes_are_losses() -> None:
    before = artefact(reach={"surfaces": ["cli", "web-chat"]}, tools={"find": _rule("use"), "run": _rule("use")})
    said = list(changes(before, artefact(version=2)))
    assert "    - everybody, from web-chat" in said
    assert said[said.index("  run") + 1] == "    - employees, from cli or web-chat"


def test_services_are_named_with_their_end() -> None:
    service = {"spiffe_id": "spiffe://seedbed.internal/production/service/nightly", "tools": ["find"]}
    service |= {"reason": "sweep", "owner": "Data", "expires": str(NOW)}
    said = list(changes(artefact(), artefact(version=2, services=[service])))
    assert said[:2] == [f"  service {service['spiffe_id']} on find", "    + until 12 Jan 1970"]
    assert list(changes(artefact(services=[service]), artefact(version=2)))[1] == "    - removed"


def test_many_groups_are_told_apart_in_no_time() -> None:
    many = [f"team-{number}" for number in range(60)]
    before, after = (artefact(gate={"business_groups": many[:end]}) for end in (50, 60))
    assert len(difference(before, after)[OPENING].gains) == 10
