"""Two plots by month, as places on a drawing: x in percent, y in pixels, so that bars stretch and words do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from registry.pages.words import TO, month, saved, short
from registry.store.impact import HIGH, LOW, Figures

BASE, ROOM = 160.0, 134.0
MOST_RULES = 3


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One month."""

    left: float
    middle: float
    width: float
    top: float
    height: float
    kind: Literal["b", "b now", "part"]
    value: str
    """What stands above it; empty for most."""
    month: str
    year: str
    odd: bool
    """Whether its name is left out where there is little room."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A line across, and what it means."""

    at: float
    says: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One plot, with the same as a table beside it."""

    title: str
    basis: str
    says: str
    """The trend in one sentence, for who does not see it."""
    bars: list[Bar]
    rules: list[Rule]
    columns: tuple[str, ...]
    table: list[tuple[str, ...]]


def calls(by_month: Mapping[str, Figures]) -> Chart:
    """Calls of people that succeeded."""
    spans = {name: (0.0, float(each.ok)) for name, each in by_month.items()}
    return _chart(
        "Calls a month",
        "Calls by people that succeeded. The last month is not over.",
        spans,
        says={name: short(high) for name, (_, high) in spans.items()},
        unit="",
        columns=("Month", "Calls", "People", "Errors"),
        table=[(month(n), f"{f.ok:,}", f"{f.people:,}", f"{f.errors:,}") for n, f in by_month.items()],
    )


def hours(by_month: Mapping[str, Figures]) -> Chart:
    """Hours that owners' estimates say were saved, low to high."""
    spans = {name: (each.hours * LOW, each.hours * HIGH) for name, each in by_month.items()}
    return _chart(
        "Hours saved a month, low to high",
        "Each bar runs over the span of what owners estimate.",
        spans,
        says={name: saved(each.minutes) for name, each in by_month.items()},
        unit=" h",
        columns=("Month", "Saved"),
        table=[(month(name), saved(each.minutes)) for name, each in by_month.items()],
    )


def _chart(
    title: str,
    basis: str,
    spans: Mapping[str, tuple[float, float]],
    *,
    says: Mapping[str, str],
    unit: str,
    columns: tuple[str, ...],
    table: list[tuple[str, ...]],
) -> Chart:
    names = list(spans)
    top = max((high for _, high in spans.values()), default=0.0)
    trend = f"{title}, {month(names[0])} to {month(names[-1])}: from {says[names[0]]} to {says[names[-1]]}"
    return Chart(
        title=title,
        basis=basis,
        says=trend.replace(TO, " to "),
        bars=[_bar(number, names, spans, says, top) for number in range(len(names))],
        rules=[Rule(at=_y(value, top), says=f"{short(value)}{unit}") for value in _rules(top)],
        columns=columns,
        table=table,
    )


def _bar(
    number: int, names: list[str], spans: Mapping[str, tuple[float, float]], says: Mapping[str, str], top: float
) -> Bar:
    name, slot = names[number], 100 / len(names)
    low, high = spans[name]
    at = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
    first = next((each for each in names if spans[each][1]), "")
    whole = names[-2] if len(names) > 1 else ""
    return Bar(
        left=slot * (number + 0.18),
        middle=slot * (number + 0.5),
        width=slot * 0.64,
        top=_y(high, top),
        height=_y(low, top) - _y(high, top),
        kind="part" if name == names[-1] else "b now" if name == whole else "b",
        value=says[name] if name in {first, whole} and high else "",
        month=at.strftime("%b"),
        year=at.strftime("%Y") if number == 0 or at.month == 1 else "",
        odd=number % 2 == 1,
    )


def _y(value: float, top: float) -> float:
    return BASE - (ROOM * value / top if top else 0.0)


def _rules(top: float) -> list[float]:
    """At most three round numbers, evenly apart, from nothing up."""
    if not top:
        return []
    steps = (base * 10.0**power for power in range(-3, 12) for base in (1, 2, 2.5, 5))
    step = next(step for step in steps if top / step < MOST_RULES + 1)
    return [step * number for number in range(1, int(top / step) + 1)]
