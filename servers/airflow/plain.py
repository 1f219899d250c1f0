"""The log of Airflow 2, which is text: levels and tracebacks are found in it."""

import re
from collections.abc import AsyncIterator, Iterable

from servers.airflow.lines import Entry, Frame, Thrown

_HEAD = re.compile(r"\[\d{4}-[^\]]{6,40}\] (?:\{[^}]{1,200}\} )?([A-Z]{4,8}) - (.*)")
_FRAME = re.compile(r'  File "(.+)", line (\d+), in (.+)')
_THROWN = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?")
_MOST = 400
"""Lines of one traceback."""


async def retold(lines: AsyncIterator[Entry]) -> AsyncIterator[Entry]:
    """The same lines; one that says an error knows the traceback that follows it."""
    error: Entry | None = None
    below: list[Entry] = []
    async for line in lines:
        text = str(line.event)
        head = _HEAD.match(text)
        if error and (head or len(below) == _MOST):
            for each in _with_traceback(error, below):
                yield each
            error, below = None, []
        if error:
            below.append(line)
            continue
        if head:
            line = Entry(event=head[2], level=head[1].lower())
        if line.failed:
            error = line
        else:
            yield line
    if error:
        for each in _with_traceback(error, below):
            yield each


def _with_traceback(error: Entry, below: list[Entry]) -> Iterable[Entry]:
    error.error_detail = _thrown([str(line.event) for line in below]) or None
    return error, *below


def _thrown(lines: list[str]) -> list[Thrown]:
    """The exceptions of a traceback, the last one first."""
    found: list[Thrown] = []
    frames: list[Frame] = []
    for line in lines:
        if frame := _FRAME.fullmatch(line):
            frames.append(Frame(filename=frame[1], lineno=int(frame[2]), name=frame[3]))
        elif frames and (said := _THROWN.fullmatch(line)):
            found.insert(0, Thrown(exc_type=said[1], exc_value=said[2] or "", frames=frames))
            frames = []
    return found
