"""A policy means what its words say, in every nesting, and nothing else is a policy."""

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from platform_core.auth.principal import Principal
from platform_core.canonical import canonical
from platform_core.policy.expression import (
    AllOf,
    AnyOf,
    BusinessGroup,
    Channel,
    Employment,
    Expression,
    Group,
    Not,
    Role,
    Surface,
    facts,
)
from platform_core.testing.people import PEOPLE
from tests.platform_core.samples import PEOPLE_OF_ALL_KINDS, TERMS, Term

EXPRESSION: TypeAdapter[Expression] = TypeAdapter(Expression)
NOBODY = Principal(subject="nobody", client="x", surface="", expires_at=0)


def holds(term: object, who: str | Principal = "ana") -> bool:
    principal = replace(PEOPLE[who].calling_from(), channel="C-finance") if isinstance(who, str) else who
    return EXPRESSION.validate_python(term).holds(principal)


def dumped(term: object) -> Any:
    return EXPRESSION.dump_python(EXPRESSION.validate_python(term), mode="json", by_alias=True)


FACTS = [
    ({"group": "data-engineering"}, {"group": "support"}),
    ({"business_group": "finance"}, {"business_group": "ads"}),
    ({"role": "analyst"}, {"role": "operator"}),
    ({"employment": "employee"}, {"employment": "contractor"}),
    ({"surface": "cli"}, {"surface": "probe"}),
    ({"channel": "C-finance"}, {"channel": "C-support"}),
]


@pytest.mark.parametrize(("true", "false"), FACTS)
def test_each_fact_holds_for_whom_it_names_and_for_nobody_else(true: dict[str, str], false: dict[str, str]) -> None:
    assert holds(true)
    assert not holds(false)
    assert not holds(true, NOBODY)


@pytest.mark.parametrize(("true", "false"), FACTS)
def test_one_of_several_names_is_enough(true: dict[str, str], false: dict[str, str]) -> None:
    ((word, name),) = true.items()
    assert holds({word: ["nobody-has-this", name]})
    assert not holds({word: ["nobody-has-this", *false.values()]})


@pytest.mark.parametrize("word", ["group", "business_group", "role"])
def test_a_name_counts_only_under_its_own_word(word: str) -> None:
    facts = {"group": "groups", "business_group": "business_groups", "role": "roles"}
    for other, field in facts.items():
        who = Principal(subject="x", client="x", surface="", expires_at=0, **cast("Any", {field: frozenset({"same"})}))
        assert holds({word: "same"}, who) is (word == other)


def test_who_speaks_in_no_channel_is_in_none_of_them() -> None:
    for name in ("None", "", "null"):
        assert not holds({"channel": name}, NOBODY)


def test_any_wants_one_all_wants_every_and_not_wants_none() -> None:
    yes, no = {"role": "analyst"}, {"role": "operator"}
    assert holds({"any": [no, yes]})
    assert not holds({"any": [no, no]})
    assert holds({"all": [yes, yes]})
    assert not holds({"all": [yes, no]})
    assert holds({"not": no})
    assert not holds({"not": yes})


def test_words_nest() -> None:
    term = {"all": [{"employment": "employee"}, {"any": [{"role": "operator"}, {"not": {"group": "support"}}]}]}
    assert {login: holds(term, login) for login in PEOPLE} == {
        "ana": True,
        "bo": False,
        "carl": False,
        "ada": True,
        "olu": True,
        "sam": True,
        "lea": True,
        "gia": True,
        "tom": True,
    }


@pytest.mark.parametrize(
    "term",
    [
        {},
        None,
        "finance",
        [],
        True,
        {"everyone": True},
        {"group": "a", "role": "b"},
        {"Group": "a"},
        {1: "a"},
    ],
)
def test_what_is_not_one_known_word_is_refused_with_the_words(term: object) -> None:
    with pytest.raises(ValidationError, match="a policy term is one of group, business_group, role, employment"):
        EXPRESSION.validate_python(term)


@pytest.mark.parametrize("word", ["group", "business_group", "role", "employment", "surface", "channel"])
@pytest.mark.parametrize("names", [[], None, 7, {"a": 1}, [7], ["a", 1], [["a"]], [None], True])
def test_names_that_are_not_texts_are_refused(word: str, names: object) -> None:
    with pytest.raises(ValidationError):
        EXPRESSION.validate_python({word: names})


@pytest.mark.parametrize("term", [{"any": []}, {"all": []}, {"any": {}}, {"not": []}, {"not": None}, {"all": "x"}])
def test_an_empty_or_shapeless_group_of_terms_is_refused(term: object) -> None:
    """`all` of nothing would hold for everybody."""
    with pytest.raises(ValidationError):
        EXPRESSION.validate_python(term)


def test_a_fault_deep_inside_is_refused_too() -> None:
    with pytest.raises(ValidationError, match="a policy term is one of"):
        EXPRESSION.validate_python({"all": [{"any": [{"not": {"grup": "a"}}]}]})


def test_equal_policies_have_equal_bytes() -> None:
    written = {"any": [{"group": ["b", "a", "b"]}, {"not": {"role": "x"}}]}
    sorted_ = {"any": [{"group": ["a", "b"]}, {"not": {"role": ["x"]}}]}
    assert canonical(dumped(written)) == canonical(dumped(sorted_))
    assert EXPRESSION.validate_python(written) == EXPRESSION.validate_python(sorted_)


def test_a_policy_made_in_code_is_the_one_that_is_written() -> None:
    facts = (
        Group(group=("a",)),
        BusinessGroup(business_group=("b",)),
        Role(role=("c",)),
        Employment(employment=("d",)),
        Surface(surface=("e",)),
        Channel(channel=("f",)),
    )
    made = AllOf(all=(AnyOf(any=facts), Not.model_validate({"not": Role(role=("x",))})))
    words = ("group", "business_group", "role", "employment", "surface", "channel")
    written = {"any": [{word: name} for word, name in zip(words, "abcdef", strict=True)]}
    assert made == EXPRESSION.validate_python({"all": [written, {"not": {"role": "x"}}]})


def test_the_wire_says_not_as_people_do() -> None:
    assert dumped({"not": {"role": "x"}}) == {"not": {"role": ["x"]}}


def test_a_policy_cannot_be_changed_in_place() -> None:
    term = EXPRESSION.validate_python({"group": "a"})
    with pytest.raises(ValidationError, match="frozen"):
        term.group = ("b",)  # type: ignore[union-attr]


def meaning(term: Term, who: Principal) -> bool:
    """What the words mean, said a second time and as plainly as possible."""
    ((word, inside),) = term.items()
    if word in ("any", "all"):
        said = [meaning(one, who) for one in inside]
        return (True in said) if word == "any" else (False not in said)
    if word == "not":
        return not meaning(inside, who)
    has = {
        "group": who.groups,
        "business_group": who.business_groups,
        "role": who.roles,
        "employment": {who.employment},
        "surface": {who.surface},
        "channel": {who.channel},
    }
    return any(name in has[word] for name in inside)


@given(TERMS, PEOPLE_OF_ALL_KINDS)
def test_every_policy_means_what_its_words_say(term: Term, who: Principal) -> None:
    assert EXPRESSION.validate_python(term).holds(who) is meaning(term, who)


@given(TERMS)
def test_every_policy_survives_the_wire(term: Term) -> None:
    once = EXPRESSION.validate_python(term)
    wire = canonical(EXPRESSION.dump_python(once, mode="json", by_alias=True))
    assert EXPRESSION.validate_json(wire) == once


@pytest.mark.parametrize("term", [fact for pair in FACTS for fact in pair])
def test_a_fact_says_what_kind_it_is_and_which_names_are_enough(term: dict[str, str]) -> None:
    ((kind, name),) = term.items()
    (asked,) = facts(EXPRESSION.validate_python(term))
    assert (asked.kind, asked.names) == (kind, (name,))


def test_every_fact_that_a_policy_asks_about_is_found_however_deep() -> None:
    deep = {"all": [{"employment": "employee"}, {"any": [{"group": ["a", "b"]}, {"not": {"all": [{"role": "c"}]}}]}]}
    asked = [(fact.kind, fact.names) for fact in facts(EXPRESSION.validate_python(deep))]
    assert asked == [("employment", ("employee",)), ("group", ("a", "b")), ("role", ("c",))]
