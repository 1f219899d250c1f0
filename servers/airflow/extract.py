"""Out of fifty megabytes of log a page that a person would have picked: the first error, what repeats, the end."""

import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from platform_core.references import spark_apps_in, trino_queries_in
from platform_core.telemetry.redaction import redact
from servers.airflow.lines import Entry

BUDGET = 5_000
"""Characters of one answer: under 2,000 tokens even of stack traces."""
_KINDS = 1_000
_REFERENCES = 6
_SHOWN = 12
_LAST = 5
_FOLDS = ("::group::", "::endgroup::")
"""Marks for Airflow's own pages."""
_LINE = 400
_MASKS = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|0x[0-9a-f]+"), "<id>"),
    (re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\""), "<value>"),
    (re.compile(r"\d+"), "#"),
)


@dataclass(slots=True, kw_only=True)
class Kind:
    """Lines that say the same."""

    text: str
    trace: list[str]
    first: int
    last: int
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Errors:
    """What a log says went wrong."""

    kinds: list[Kind] = field(default_factory=list[Kind])
    last: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    references: list[str] = field(default_factory=list[str])
    lines: int = 0
    more: int = 0

    @property
    def cause(self) -> Kind | None:
        """What ended the try: the last error that carries an exception, else the last one."""
        thrown = [kind for kind in self.kinds if kind.trace]
        return (thrown or self.kinds)[-1] if self.kinds else None


async def errors(entries: AsyncIterator[Entry]) -> Errors:
    """The distinct errors with their counts, what the log refers to, the last lines. One pass, bounded memory."""
    kinds: dict[str, Kind] = {}
    last: deque[tuple[int, str]] = deque(maxlen=_LAST)
    references: dict[str, None] = {}
    number = more = 0
    async for entry in entries:
        number += 1
        text = entry.text
        if not text.startswith(_FOLDS):
            last.append((number, text[:_LINE]))
        if len(references) < _REFERENCES and "_" in text:
            references.update(dict.fromkeys([*spark_apps_in(text), *trino_queries_in(text)]))
        if entry.failed:
            more += not _counted(kinds, number, text, entry)
    return Errors(
        kinds=list(kinds.values()), last=list(last), references=list(references)[:_REFERENCES], lines=number, more=more
    )


def told(found: Errors) -> str:
    """The errors as a text within the budget, the first one whole."""
    parts: list[str] = []
    for place, kind in enumerate(found.kinds[:_SHOWN]):
        parts += [f"line {kind.first}{_times(kind)}: {kind.text[: 4 * _LINE if place == 0 else _LINE]}"]
        parts += [f"  {line[:_LINE]}" for line in kind.trace]
    if (hidden := len(found.kinds) - _SHOWN) > 0 or found.more:
        parts.append(f"... and {max(hidden, 0) + found.more} more errors of other kinds")
    parts += ["Last lines:", *(f"{number}: {text}" for number, text in found.last)]
    return redact("\n".join(parts))[:BUDGET]


async def grep(entries: AsyncIterator[Entry], words: str, start: int) -> tuple[str, int]:
    """Lines with one of the words (`a|b`), from line `start` on, and where the next page begins (0: none)."""
    wanted = [word.strip().lower() for word in words.split("|") if word.strip()]
    return await _page(entries, start, lambda text: any(word in text.lower() for word in wanted))


async def lines_from(entries: AsyncIterator[Entry], start: int) -> tuple[str, int]:
    """The lines as they are, from line `start` on."""
    return await _page(entries, start, lambda _: True)


async def tail(entries: AsyncIterator[Entry]) -> str:
    """The last lines that fit."""
    last: deque[str] = deque(maxlen=120)
    number = 0
    async for entry in entries:
        number += 1
        last.append(_shown(number, entry))
    kept: list[str] = []
    room = BUDGET
    for line in reversed(last):
        if (room := room - len(line) - 1) < 0:
            break
        kept.append(line)
    return "\n".join(reversed(kept))


async def _page(entries: AsyncIterator[Entry], start: int, wanted: Callable[[str], bool]) -> tuple[str, int]:
    kept: list[str] = []
    room = BUDGET
    number = 0
    async for entry in entries:
        number += 1
        if number < start or not wanted(_whole(entry)):
            continue
        line = _shown(number, entry)
        if (room := room - len(line) - 1) < 0:
            return "\n".join(kept), number
        kept.append(line)
    return "\n".join(kept), 0


def _counted(kinds: dict[str, Kind], number: int, text: str, entry: Entry) -> bool:
    """Count the error with those like it; False where there are too many kinds."""
    trace = entry.thrown
    key = _masked("\n".join([text[:_LINE], *trace[:2]]))
    if (kind := kinds.get(key)) is None:
        if len(kinds) >= _KINDS:
            return False
        kind = kinds[key] = Kind(text=text, trace=trace, first=number, last=number)
    kind.count += 1
    kind.last = number
    return True


def _masked(text: str) -> str:
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def _whole(entry: Entry) -> str:
    return "\n".join([entry.text, *entry.thrown])


def _shown(number: int, entry: Entry) -> str:
    level = f"{entry.level.upper()} " if entry.level not in ("", "info") else ""
    return redact(f"{number}: {level}{_whole(entry)[:_LINE]}")


def _times(kind: Kind) -> str:
    return f" ({kind.count} times, to line {kind.last})" if kind.count > 1 else ""
