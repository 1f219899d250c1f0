"""Where the log of a driver or executor is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter
from typing import BinaryIO

from platform_core.errors import Invalid, NotFound, Unavailable, WiringError
from servers.spark.sources.store import store_at

_SAFE = re.compile(r"[\w.-]{1,128}", re.ASCII)
STREAMS = ("stderr", "stdout")
DRIVER = "driver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Addresses that are tried in turn; the first that exists is the log."""

    urls: tuple[str, ...]


def place(template: str, app_id: str, executor: str) -> Place:
    """Fill the operator's template. What is filled in can't name another folder."""
    if not template:
        raise Unavailable("No place for logs of drivers and executors is set up here (SEEDBED_SPARK_LOGS).")
    for word in (app_id, executor):
        if not _SAFE.fullmatch(word) or set(word) == {"."}:
            raise Invalid("An application's and an executor's id have letters, digits, dots, - and _ only.")
    names = {name for _, name, _, _ in Formatter().parse(template) if name}
    if not names <= {"app_id", "executor", "stream"} or "app_id" not in names:
        raise WiringError("SEEDBED_SPARK_LOGS may hold {app_id}, {executor} and {stream}, and must hold {app_id}")
    streams = STREAMS if "stream" in names else ("",)
    return Place(urls=tuple(template.format(app_id=app_id, executor=executor, stream=s) for s in streams))


def opened(where: Place) -> BinaryIO:
    """The log for reading; blocks. Raises `NotFound` where there is none."""
    for url in where.urls:
        try:
            store = store_at(url)
            stream = store.open(store.root)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, ImportError) as error:
            raise Unavailable(f"The log can't be opened ({type(error).__name__}); tell the owner.") from error
        return stream
    raise NotFound("There is no such log: it was cleaned up, was never collected, or the executor's id is wrong.")


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
