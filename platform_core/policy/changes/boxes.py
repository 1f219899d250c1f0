"""Sets of callers: what is known of each fact about them, and whether an expression holds for all of the set."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from platform_core.policy.expression import MEMBERSHIPS, AllOf, AnyOf, Expression, Not, facts

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
        case _:
            return (_member if term.kind in MEMBERSHIPS else _is)(term.kind, term.names, box, known)


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
    for asked in (asked for term in terms for asked in facts(term)):
        if asked.kind in MEMBERSHIPS:
            found |= {Fact(asked.kind, name): EITHER for name in asked.names}
        else:
            fact = Fact(asked.kind)
            found[fact] = found.get(fact, frozenset()) | {*asked.names, OTHER}
    return found
