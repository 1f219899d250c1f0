"""The lines of a task's log as they stream by: of Airflow 3 a JSON object each, of Airflow 2 text."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
from msgspec import Struct

from platform_core.telemetry.redaction import redact
from platform_core.untrusted import cleaned

MOST_LINE = 1 << 20
"""Bytes of one line; of a longer one the rest is dropped and it says so."""
MOST_TEXT = 4_000
MOST_WHERE = 300
_HEADING = 20
"""Lines about where it looked, at most; a log with more has lines of its own."""
_END = "::endgroup::"
_USER_FRAMES = 3
_LIBRARY = ("/site-packages/", "/lib/python", "<frozen")


class Frame(Struct):
    filename: str
    lineno: int
    name: str


class Thrown(Struct):
    exc_type: str
    exc_value: str
    frames: list[Frame] = []


class Entry(Struct):
    """One line."""

    event: Any = ""
    level: str = ""
    timestamp: str | None = None
    logger: str = ""
    error_detail: list[Thrown] | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody logged it as an error."""
        return self.level in ("error", "critical", "fatal") or bool(self.error_detail)

    @property
    def text(self) -> str:
        """The line as a person would read it, without its traceback."""
        said = self.event if isinstance(self.event, str) else msgspec.json.encode(self.event).decode()
        return said[:MOST_TEXT]

    @property
    def thrown(self) -> list[str]:
        """The exceptions, the last one first, each with the frames of the DAG's own code."""
        return [line for one in self.error_detail or () for line in _told(one)]


class Gone(Exception):
    """Airflow has no line of the log; the text says where it looked."""


class TooLong(Exception):
    """The log is longer than the operator lets this server read."""


async def entries(answer: httpx2.Response, most_bytes: int) -> AsyncIterator[Entry]:
    """Each line of a log, decoded as it arrives; memory does not grow with the log. Raises `TooLong`."""
    rest = bytearray()
    dropping = False
    read = 0
    entry = _text if answer.headers.get("content-type", "").startswith("text/plain") else _entry
    async for chunk in answer.aiter_bytes():
        if (read := read + len(chunk)) > most_bytes:
            raise TooLong
        *whole, tail = chunk.split(b"\n")
        for part in whole:
            if not dropping:
                rest += part
                yield entry(bytes(rest))
            rest.clear()
            dropping = False
        if not dropping:
            rest += tail
            if len(rest) > MOST_LINE:
                yield Entry(event=f"{rest[:MOST_TEXT].decode(errors='replace')}... [a line longer than 1 MiB]")
                rest.clear()
                dropping = True
    if rest:
        yield entry(bytes(rest))


async def present(lines: AsyncIterator[Entry]) -> AsyncIterator[Entry]:
    """The lines. Raises `Gone` where there are none but Airflow's own about where it looked."""
    looked: list[str] = []
    ended = False
    async for entry in lines:
        yield entry
        looked.append(entry.text)
        if (ended and entry.text.strip()) or len(looked) > _HEADING:
            break
        ended = ended or _END in entry.text
    else:
        if ended or not looked:
            told = (line.removeprefix("*** ").strip() for line in looked if "::" not in line)
            raise Gone(cleaned(redact("; ".join(filter(None, told)) or "nowhere"), MOST_WHERE))
    async for entry in lines:
        yield entry


_decode = msgspec.json.Decoder(Entry).decode


def _entry(line: bytes) -> Entry:
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # A handler of another make: the line is shown as it is.
        return _text(line)


def _text(line: bytes) -> Entry:
    return Entry(event=line[:MOST_TEXT].decode(errors="replace"))


def _told(thrown: Thrown) -> list[str]:
    own = [frame for frame in thrown.frames if not any(part in frame.filename for part in _LIBRARY)]
    frames = (own or thrown.frames)[-_USER_FRAMES:]
    head = f"{thrown.exc_type}: {thrown.exc_value[:MOST_TEXT]}"
    return [head, *(f"  {frame.filename.rpartition('/')[2]}:{frame.lineno} in {frame.name}" for frame in frames)]
