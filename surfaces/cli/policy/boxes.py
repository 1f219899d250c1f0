"""Sets of callers: what is known of each fact about them, and whether an expression holds for all of the set."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

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
)

OTHER = ""
"""A value of a fact that no policy names."""


class Fact(NamedTuple):
    """One thing that is so or not so of a caller: membership of `name`, or (without a name) where and what they are."""

    kind: str
    name: str = ""


Values = frozenset[str | bool]
Box = Mapping[Fact, Values]
"""All callers whose facts are among these values; a fact that is not named can be anything."""
YES: Values = frozenset({True})
NO: Values = frozenset({False})
EITHER: Values = YES | NO
Known = Mapping[Fact, Values]
"""Every fact that any of the policies asks about, with all its values."""


def judge(terms: Iterable[Expression], box: Box, known: Known) -> bool | Fact:
    """Whether all of `terms` hold for every caller in `box` or for none; else a fact on which it depends."""
    pending: Fact | None = None
    for term in terms:
        found = _judge(term, box, known)
        if found is False:
            return False
        if pending is None and not isinstance(found, bool):
            pending = found
    return True if pending is None else pending


def _judge(term: Expression, box: Box, known: Known) -> bool | Fact:
    match term:
        case AllOf(all=terms):
            return judge(terms, box, known)
        case AnyOf(any=terms):
            return _any(terms, box, known)
        case Not(negated=one):
            return _negated(_judge(one, box, known))
        case Group(group=names):
            return _member("group", names, box, known)
        case BusinessGroup(business_group=names):
            return _member("business_group", names, box, known)
        case Role(role=names):
            return _member("role", names, box, known)
        case Employment(employment=names):
            return _is("employment", names, box, known)
        case Surface(surface=names):
            return _is("surface", names, box, known)
        case Channel(channel=names):
            return _is("channel", names, box, known)


def _any(terms: Iterable[Expression], box: Box, known: Known) -> bool | Fact:
    pending: Fact | None = None
    for term in terms:
        found = _judge(term, box, known)
        if found is True:
            return True
        if pending is None and not isinstance(found, bool):
            pending = found
    return False if pending is None else pending


def _negated(found: bool | Fact) -> bool | Fact:
    return not found if isinstance(found, bool) else found


def _member(kind: str, names: tuple[str, ...], box: Box, known: Known) -> bool | Fact:
    open_facts: list[Fact] = []
    for name in names:
        fact = Fact(kind, name)
        values = box.get(fact, known[fact])
        if values == YES:
            return True
        if True in values:
            open_facts.append(fact)
    return open_facts[0] if open_facts else False


def _is(kind: str, names: tuple[str, ...], box: Box, known: Known) -> bool | Fact:
    fact = Fact(kind)
    values = box.get(fact, known[fact])
    if values <= set(names):
        return True
    return fact if values & set(names) else False


def named(terms: Iterable[Expression]) -> dict[Fact, Values]:
    """The facts that `terms` ask about, with the values that they name."""
    found: dict[Fact, Values] = {}
    for term in terms:
        for fact, values in _named(term).items():
            found[fact] = found.get(fact, frozenset()) | values
    return found


def _named(term: Expression) -> dict[Fact, Values]:
    match term:
        case AllOf(all=terms) | AnyOf(any=terms):
            return named(terms)
        case Not(negated=one):
            return _named(one)
        case Group(group=names):
            return {Fact("group", name): EITHER for name in names}
        case BusinessGroup(business_group=names):
            return {Fact("business_group", name): EITHER for name in names}
        case Role(role=names):
            return {Fact("role", name): EITHER for name in names}
        case Employment(employment=names):
            return {Fact("employment"): frozenset({*names, OTHER})}
        case Surface(surface=names):
            return {Fact("surface"): frozenset({*names, OTHER})}
        case Channel(channel=names):
            return {Fact("channel"): frozenset({*names, OTHER})}
