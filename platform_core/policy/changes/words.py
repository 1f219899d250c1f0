"""Sets of callers and expressions as people say them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from platform_core.policy.changes.boxes import NO, OTHER, YES, Box, Fact, Values
from platform_core.policy.expression import AllOf, AnyOf, Expression, Not

_KINDS = {"business_group": "business group", "group": "group", "role": "role"}


def callers(boxes: Iterable[Box]) -> list[str]:
    """One line for each kind of caller; those who differ in one membership alone share it."""
    kinds: list[tuple[Box, dict[str, list[str]]]] = [(box, {}) for box in boxes]
    for kind in _KINDS:
        kinds = _joined(kinds, kind)
    return sorted(_sentence(box, choices) for box, choices in kinds)


def _joined(kinds: list[tuple[Box, dict[str, list[str]]]], kind: str) -> list[tuple[Box, dict[str, list[str]]]]:
    """Those who are in one group of `kind` each, and are the same in all else, as one: in this group or that."""
    found: dict[str, tuple[Box, dict[str, list[str]]]] = {}
    for box, choices in kinds:
        mine = [fact for fact, values in box.items() if fact.kind == kind and values == YES]
        if len(mine) != 1:
            found[repr((sorted(box.items(), key=repr), choices))] = (box, choices)
            continue
        rest = {fact: values for fact, values in box.items() if fact != mine[0]}
        mark = repr((kind, sorted(rest.items(), key=repr), choices))
        joined = found.setdefault(mark, (rest, {**choices, kind: []}))
        joined[1][kind].append(mine[0].name)
    return list(found.values())


def _sentence(box: Box, choices: dict[str, list[str]]) -> str:
    parts = [_employed(box.get(Fact("employment")))]
    for kind, word in _KINDS.items():
        if kind in choices:
            parts.append(f"in {word} {either(sorted(choices[kind]))}")
        parts += [f"in {word} {fact.name}" for fact in sorted(box) if fact.kind == kind and box[fact] == YES]
        outside = [fact.name for fact in sorted(box) if fact.kind == kind and box[fact] == NO]
        parts += [f"not in {word} {either(outside)}"] if outside else []
    for kind, word in (("surface", "from"), ("channel", "in channel")):
        if (values := box.get(Fact(kind))) is not None:
            parts.append(f"{word} {_one_of(values)}")
    return ", ".join(parts)


def _employed(values: Values | None) -> str:
    if values is None:
        return "everybody"
    named = sorted(str(value) for value in values if value != OTHER)
    if OTHER not in values:
        return either([f"{name}s" for name in named])
    return f"everybody who is employed as {either([*named, 'anything that no policy names'])}"


def _one_of(values: Values) -> str:
    named = sorted(str(value) for value in values if value != OTHER)
    return either([*named, "any other"] if OTHER in values else named)


def expression(term: Expression) -> str:
    """`employment employee and (group platform or group data-engineering)`."""
    match term:
        case AllOf(all=terms):
            return " and ".join(_nested(one) for one in terms)
        case AnyOf(any=terms):
            return " or ".join(_nested(one) for one in terms)
        case Not(negated=one):
            return f"not {_nested(one)}"
        case _:
            return f"{term.kind.replace('_', ' ')} {either(term.names)}"


def _nested(term: Expression) -> str:
    said = expression(term)
    return f"({said})" if isinstance(term, AllOf | AnyOf) else said


def either(names: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    words = list(names)
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def day(at: float) -> str:
    """`23 Nov 2026`."""
    return datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y")
