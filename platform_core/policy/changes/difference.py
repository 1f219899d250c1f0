"""Who gains and who loses by a change of policy: exactly, for every person that there could be."""

from collections.abc import Iterator
from dataclasses import dataclass

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.changes.access import Terms, access
from platform_core.policy.changes.boxes import NO, Box, Fact, Known, judge, named

MOST = 20_000
"""Sets of callers that are looked at before a change counts as too intricate for words."""


class TooIntricate(Exception):
    """The change can't be said in a reasonable number of words."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Who may do one thing after the change and not before, and the reverse."""

    gains: tuple[Box, ...]
    loses: tuple[Box, ...]


def difference(before: PolicyArtefact | None, after: PolicyArtefact) -> dict[str, Change]:
    """What changes for people, by what they want to do; what does not change is left out."""
    old, new = access(before) if before else {}, access(after)
    changes = {
        what: Change(
            gains=added(old.get(what), new.get(what)),
            loses=added(new.get(what), old.get(what)),
        )
        for what in {**old, **new}
    }
    return {what: change for what, change in changes.items() if change.gains or change.loses}


def added(before: Terms | None, after: Terms | None) -> tuple[Box, ...]:
    """The callers for whom `after` holds and `before` does not; None holds for nobody."""
    if after is None:
        return ()
    known = named((*(before or ()), *after))
    found: list[Box] = []
    for box in _split({}, before, after, known):
        wide = _widened(box, before, after, known)
        if not any(_within(wide, other, known) for other in found):
            found = [other for other in found if not _within(other, wide, known)] + [wide]
    return tuple(found)


def _split(box: Box, before: Terms | None, after: Terms, known: Known) -> Iterator[Box]:
    waiting, looked_at = [box], 0
    while waiting:
        looked_at += 1
        if looked_at > MOST:
            raise TooIntricate
        box = waiting.pop()
        found = _is_added(box, before, after, known)
        if found is True:
            yield box
        elif found is not False:
            values = sorted(box.get(found, known[found]), key=str)
            waiting += [{**box, found: frozenset({value})} for value in values]


def _is_added(box: Box, before: Terms | None, after: Terms, known: Known) -> bool | Fact:
    now = judge(after, box, known)
    if now is False:
        return False
    was = False if before is None else judge(before, box, known)
    if was is True:
        return False
    return now if now is not True else (was if was is not False else True)


def _widened(box: Box, before: Terms | None, after: Terms, known: Known) -> Box:
    """The box without the facts that don't matter. What somebody is not in goes first: it is the least telling."""
    wide = dict(box)
    for fact in sorted(box, key=lambda fact: (box[fact] != NO, fact)):
        for value in sorted(known[fact] - box[fact], key=str):
            wider = wide[fact] | {value}
            if _is_added({**wide, fact: wider}, before, after, known) is True:
                wide[fact] = wider
    return {fact: values for fact, values in wide.items() if values != known[fact]}


def _within(box: Box, other: Box, known: Known) -> bool:
    return all(box.get(fact, known[fact]) <= values for fact, values in other.items())
