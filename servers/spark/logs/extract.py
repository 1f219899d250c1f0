"""Out of fifty megabytes of log a page that a person would have picked: the first error, what repeats, the end."""

import json
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from platform_core.telemetry.redaction import redact
from servers.spark.eventlog.signature import masked
from servers.spark.logs.places import Place, numbered, opened

Mode = Literal["summary", "grep", "tail"]
MOST_BYTES = 2 << 30
MOST_LINE = 4_000
BUDGET = 6_000
"""Characters of one answer: under 2,000 tokens even of stack traces."""
MOST_KINDS = 2_000
SHOWN_KINDS = 14
TRACE_LINES = 16
_LEVEL = re.compile(r"\b(FATAL|ERROR|CRITICAL|SEVERE|WARN|WARNING)\b[\s:\]]")
_THROWN = re.compile(
    r"^(?:Caused by: |Exception in thread \S+ |\s*)((?:[\w$]+\.)*[A-Z]\w*(?:Exception|Error))\b(?=[:\s]|$)"
)
_STACK = re.compile(r"^\s+(?:at |File |\.\.\. \d+ more|raise |\^)|^Caused by: |^Traceback ")
_LAST_WORDS = re.compile(
    r"^(?:Terminating|Aborting) due to |^# (?:There is insufficient memory|A fatal error)|^Killed$"
)
"""What a JVM, or the shell around it, says at its end."""
_STAMP = re.compile(r"^\[?\d[\d/.:T\sZ,+-]{7,30}\]?\s*")
_SEVERE = ("FATAL", "ERROR", "CRITICAL", "SEVERE", "thrown")


class Extract(msgspec.Struct, kw_only=True):
    """What one question to a log gives."""

    text: str
    lines: int
    truncated: bool = False
    next_line: int = 0
    first_error: str = ""
    first_error_line: int = 0


@dataclass(slots=True, kw_only=True)
class _Kind:
    level: str
    text: str
    first: int
    last: int
    count: int = 0
    trace: list[str] = field(default_factory=list[str])


def read(where: Place, mode: Mode, words: str = "", from_line: int = 0) -> Extract:
    """Read a log in one of the three ways."""
    match mode:
        case "summary":
            return summary(where)
        case "tail":
            return tail(where)
        case "grep":
            return grep(where, words, from_line)


def summary(where: Place) -> Extract:
    """The distinct errors and warnings with their counts, the first error with its trace, the last lines."""
    kinds: dict[str, _Kind] = {}
    last: deque[tuple[int, str]] = deque(maxlen=5)
    current: _Kind | None = None
    number = began = 0
    with opened(where) as stream:
        for number, line in numbered(stream, most_line=MOST_LINE, most_bytes=MOST_BYTES):
            last.append((number, line))
            if current is not None and _goes_on(current, line, follows=number == began + 1):
                if current.count == 1 and len(current.trace) < TRACE_LINES:
                    current.trace.append(line)
                continue
            current, began = _count(kinds, number, line), number
    return _told(kinds, last, number)


def grep(where: Place, words: str, from_line: int) -> Extract:
    """Lines that hold one of the words (`a|b`), from a line on."""
    wanted = [word.strip().lower() for word in words.split("|") if word.strip()]
    kept: list[str] = []
    room = BUDGET
    number = 0
    with opened(where) as stream:
        for number, line in numbered(stream, most_line=MOST_LINE, most_bytes=MOST_BYTES):
            low = line.lower()
            if number < from_line or not any(word in low for word in wanted):
                continue
            shown = f"{number}: {redact(line)[:500]}"
            if (room := room - len(shown) - 1) < 0:
                return Extract(text="\n".join(kept), lines=number, truncated=True, next_line=number)
            kept.append(shown)
    return Extract(text="\n".join(kept), lines=number)


def tail(where: Place) -> Extract:
    """The last lines that fit."""
    last: deque[tuple[int, str]] = deque(maxlen=120)
    number = 0
    with opened(where) as stream:
        for number, line in numbered(stream, most_line=MOST_LINE, most_bytes=MOST_BYTES):
            last.append((number, line))
    kept: list[str] = []
    room = BUDGET
    for at, line in reversed(last):
        shown = f"{at}: {redact(line)[:500]}"
        if (room := room - len(shown) - 1) < 0:
            break
        kept.append(shown)
    return Extract(text="\n".join(reversed(kept)), lines=number, truncated=number > len(kept))


def _goes_on(kind: _Kind, line: str, *, follows: bool) -> bool:
    """Whether a line belongs to the error before it: what was thrown stands right below, the trace below that."""
    thrown = follows and kind.level != "thrown" and _THROWN.match(line)
    return bool(thrown or _STACK.match(line) or (kind.trace and line.startswith(" ")))


def _count(kinds: dict[str, _Kind], number: int, line: str) -> _Kind | None:
    """The kind of an error or warning line; None for any other line."""
    level, text = _said(line)
    if not level:
        return None
    key = masked(text)
    kind = kinds.get(key)
    if kind is None:
        if len(kinds) >= MOST_KINDS:
            return None
        kind = kinds[key] = _Kind(level=level, text=text, first=number, last=number)
    kind.count += 1
    kind.last = number
    return kind


def _said(line: str) -> tuple[str, str]:
    """Level and text of a line of log4j, Python's logging, a stack trace, or Spark's structured JSON."""
    if line.startswith("{"):
        try:
            fields = json.loads(line)
        except ValueError:
            return "", line
        level = str(fields.get("level", "")).upper()
        return (level, str(fields.get("msg", line))) if _LEVEL.match(f"{level} ") else ("", line)
    if _LAST_WORDS.match(line):
        return "FATAL", line
    if found := _LEVEL.search(line[:120]):
        return found[1], _STAMP.sub("", line)
    return ("thrown", line.strip()) if _THROWN.match(line) else ("", line)


def _told(kinds: dict[str, _Kind], last: Iterable[tuple[int, str]], lines: int) -> Extract:
    severe = [kind for kind in kinds.values() if kind.level in _SEVERE]
    others = sorted((kind for kind in kinds.values() if kind.level not in _SEVERE), key=lambda kind: -kind.count)
    parts: list[str] = []
    if severe:
        first = severe[0]
        parts += [f"First error, line {first.first}{_times(first)}: {redact(first.text)[:600]}"]
        parts += [f"  {redact(line)[:200]}" for line in first.trace]
    for kind in [*severe[1:], *others][:SHOWN_KINDS]:
        parts.append(f"{kind.level} line {kind.first}{_times(kind)}: {redact(kind.text)[:240]}")
    if (hidden := len(kinds) - 1 - SHOWN_KINDS) > 0:
        parts.append(f"... and {hidden} more kinds of errors and warnings")
    parts += ["Last lines:", *(f"{number}: {redact(line)[:200]}" for number, line in last)]
    text = "\n".join(parts)
    error = "\n".join([severe[0].text, *severe[0].trace]) if severe else ""
    return Extract(
        text=text[:BUDGET], lines=lines, truncated=len(text) > BUDGET or hidden > 0,
        first_error=error[:4_000], first_error_line=severe[0].first if severe else 0,
    )  # fmt: skip


def _times(kind: _Kind) -> str:
    return f" ({kind.count} times, to line {kind.last})" if kind.count > 1 else ""
