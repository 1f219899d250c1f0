"""Numbers and moments as people say them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from platform_core.auth.principal import Principal
from platform_core.policy.changes.words import day as day  # for templates, which say it as they say the rest
from registry.store.impact import HIGH, LOW

TO = "\N{EN DASH}"
_STEPS = ((1, 100, "s"), (60, 100, "min"), (3600, 48, "h"))


def ago(seconds: float) -> str:
    """`12 s ago`, `4 min ago`, `3 h ago`, `5 days ago`; a clock a little behind ours says `just now`."""
    if seconds < 1:
        return "just now"
    for size, limit, unit in _STEPS:
        if seconds / size < limit:
            return f"{int(seconds / size)} {unit} ago"
    return f"{int(seconds / 86400)} days ago"


def ahead(seconds: float) -> str:
    """`in 8 min`: the other way; what is over says `now`."""
    return "now" if seconds < 1 else f"in {ago(seconds).removesuffix(' ago')}"


def left(seconds: float) -> str:
    """`14 days left`, `1 day left`, `5 h left`; what is over says `ended`."""
    if seconds <= 0:
        return "ended"
    days, hours = int(seconds // 86_400), int(seconds // 3600)
    return f"{count(days, 'day')} left" if days else f"{hours} h left" if hours else "less than an hour left"


def workload(spiffe_id: str) -> str:
    """`service/nightly`: a SPIFFE id without its trust domain and environment."""
    return "/".join(spiffe_id.split("/")[4:]) or spiffe_id


def moment(at: float) -> str:
    """`Mon 23 Nov 2026, 09:45:58 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%a %-d %b %Y, %H:%M:%S UTC")


def iso(at: float) -> str:
    """`2026-11-23T09:45:58Z`, for machines that read the page."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(value: int) -> str:
    """`1,204`."""
    return f"{value:,}"


def saved(value: float) -> str:
    """Minutes that owners estimated, as a span: `0 h`, `27 to 53 min`, `4,700 to 9,400 h`, with a dash."""
    low, high = value * LOW, value * HIGH
    if high < 120:
        return f"{_two_digits(low)}{TO}{_two_digits(high)} min" if high >= 1 else "0 h"
    return f"{_two_digits(low / 60):,}{TO}{_two_digits(high / 60):,} h"


def percent(part: float, whole: float) -> str:
    """`5.1%`; of nothing, a dash."""
    return f"{100 * part / whole:.1f}%" if whole else TO


def short(value: float) -> str:
    """`850`, `6.2k`, `1.3M`: for a plot, where the whole number stands in the table."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + letter
    return f"{value:g}"


def month(name: str) -> str:
    """`November 2026`, of `2026-11`."""
    return datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC).strftime("%B %Y")


def marked(text: str, sought: Sequence[str]) -> Markup:
    """`text`, escaped, with every word of `sought` marked in it."""
    pieces = re.split("(" + "|".join(map(re.escape, sought)) + ")", text, flags=re.IGNORECASE)
    return Markup("").join(Markup("<mark>{}</mark>").format(p) if i % 2 else p for i, p in enumerate(pieces))


def _two_digits(value: float) -> int:
    return round(float(f"{value:.2g}"))


def belongs_to(person: Principal) -> str:
    """Where somebody stands, in a word or two: `finance`, `3 groups`, `contractor`."""
    groups = sorted(person.business_groups)
    return person.employment if not groups else groups[0] if len(groups) == 1 else f"{len(groups)} groups"


def names(words: tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def count(how_many: int, one: str) -> str:
    """`1 tool`, `3 tools`."""
    return f"{how_many:,} {one}" + ("" if how_many == 1 else "s")


def sentence(text: str) -> str:
    """`text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def first_line(text: str) -> str:
    """The first line of a description: what the tool is for."""
    return text.strip().partition("\n")[0]
