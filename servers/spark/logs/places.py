"""Where the log of a driver or executor is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter
from tempfile import TemporaryFile
from typing import BinaryIO, Literal

import httpx2

from platform_core.errors import Invalid, NotFound, Unavailable, WiringError
from servers.spark.sources.store import store_at

_SAFE = re.compile(r"[\w.-]{1,128}", re.ASCII)
Stream = Literal["stderr", "stdout"]
STREAMS: tuple[Stream, ...] = ("stderr", "stdout")
DRIVER = "driver"
MOST_FETCHED = 256 << 20
"""Bytes of a log that is fetched by HTTP."""
PATIENCE = httpx2.Timeout(10, read=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The address of one log."""

    url: str


def place(template: str, app_id: str, executor: str, stream: Stream) -> Place:
    """Fill the operator's template. What is filled in can't name another folder."""
    if not template:
        raise Unavailable("No place for logs of drivers and executors is set up here (SEEDBED_SPARK_LOGS).")
    for word in (app_id, executor):
        if not _SAFE.fullmatch(word) or set(word) == {"."}:
            raise Invalid("An application's and an executor's id have letters, digits, dots, - and _ only.")
    names = {name for _, name, _, _ in Formatter().parse(template) if name}
    if not names <= {"app_id", "executor", "stream"} or "app_id" not in names:
        raise WiringError("SEEDBED_SPARK_LOGS may hold {app_id}, {executor} and {stream}, and must hold {app_id}")
    if "stream" not in names and stream != STREAMS[0]:
        raise NotFound("Here both streams of a process are in one log: ask for its stderr.")
    return Place(url=template.format(app_id=app_id, executor=executor, stream=stream))


def opened(where: Place) -> BinaryIO:
    """The log for reading; blocks. Raises `NotFound` where there is none."""
    url = where.url
    try:
        return _fetched(url) if url.startswith(("http://", "https://")) else store_at(url).open_root()
    except FileNotFoundError as error:
        raise NotFound(
            "There is no such log: it was cleaned up, was never collected, or the executor's id is wrong."
        ) from error
    except (OSError, ValueError, ImportError) as error:
        raise Unavailable(f"The log can't be opened ({type(error).__name__}); tell the owner.") from error


def _fetched(url: str) -> BinaryIO:
    """A log behind a URL, put aside while it is read: a stream over the network can't be left half-way."""
    kept: BinaryIO = TemporaryFile()  # noqa: SIM115 - who reads it closes it
    try:
        with httpx2.stream("GET", url, timeout=PATIENCE, trust_env=False) as answer:
            if answer.status_code == 404:
                raise FileNotFoundError(url)
            answer.raise_for_status()
            for chunk in answer.iter_bytes(1 << 18):
                kept.write(chunk)
                if kept.tell() > MOST_FETCHED:
                    break
    except httpx2.HTTPError as error:
        raise OSError(type(error).__name__) from error
    kept.seek(0)
    return kept


def numbered(stream: BinaryIO, *, most_line: int, most_bytes: int) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1; of a very long line only the start."""
    read = number = 0
    while (line := stream.readline(most_line)) and read < most_bytes:
        number += 1
        read += len(line)
        yield number, line.decode("utf-8", "replace").rstrip("\r\n")
        while line and not line.endswith(b"\n"):
            line = stream.readline(most_line)
            read += len(line)
