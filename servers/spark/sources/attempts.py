"""Which files of a folder make up which attempt of which application."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from servers.spark.digest import Header
from servers.spark.eventlog.lines import IN_PROGRESS

_ROLLING = "eventlog_v2_"
_CODEC = re.compile(r"\.(zstd|zst|lz4|snappy|lzf|gz)$")
_EVENTS = re.compile(r"events_(\d+)_(.+?)(\.compact)?$")
_YARN = re.compile(r"(application_\d+_\d+)_(\d+)$")
_OTHER = re.compile(r"(.+-\d+(?:-\d+)?|spark-[0-9a-z]+)_(\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file in a folder of logs, by its whole name in the store."""

    name: str
    size: int
    changed: float

    @property
    def last(self) -> str:
        return self.name.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run of an application, as its log lies there."""

    app_id: str
    attempt: str
    parts: tuple[File, ...]
    in_progress: bool
    missing_parts: int = 0
    header: Header | None = None
    """What a source says of it without its log being opened."""
    live: bool = False
    """Its driver answers itself."""

    @property
    def changed(self) -> float:
        return max((part.changed for part in self.parts), default=0.0)

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


def single(file: File) -> Attempt | None:
    """The attempt in a file of its own; None where the name is none of Spark's."""
    if file.last.startswith((".", "_")) or file.last.endswith((".crc", ".tmp", ".xz", ".tar")):
        return None
    app_id, attempt = _ids(_plain(file.last))
    return Attempt(app_id=app_id, attempt=attempt, parts=(file,), in_progress=file.last.endswith(IN_PROGRESS))


def rolling(folder: str, files: Iterable[File]) -> Attempt | None:
    """The attempt in a folder of rolled files, oldest first; what a compaction replaced is left out."""
    last = folder.rstrip("/").rpartition("/")[2]
    if not last.startswith(_ROLLING):
        return None
    files = list(files)
    numbered: defaultdict[int, dict[bool, File]] = defaultdict(dict)
    for file in files:
        if found := _EVENTS.match(_plain(file.last)):
            numbered[int(found[1])][bool(found[3])] = file
    compacted = max((number for number, kinds in numbered.items() if True in kinds), default=0)
    kept = [number for number in sorted(numbered) if number >= compacted]
    app_id, attempt = _ids(last.removeprefix(_ROLLING))
    return Attempt(
        app_id=app_id,
        attempt=attempt,
        parts=tuple(
            numbered[number].get(number == compacted) or next(iter(numbered[number].values())) for number in kept
        ),
        in_progress=any(f.last.startswith("appstatus_") and f.last.endswith(IN_PROGRESS) for f in files),
        missing_parts=(kept[-1] - max(1, compacted) + 1 - len(kept)) if kept else 0,
    )


def _plain(name: str) -> str:
    return _CODEC.sub("", name.removesuffix(IN_PROGRESS))


def _ids(name: str) -> tuple[str, str]:
    if found := _YARN.match(name) or _OTHER.match(name):
        return found[1], found[2]
    return name, ""


def is_rolling(folder: str) -> bool:
    return folder.rstrip("/").rpartition("/")[2].startswith(_ROLLING)
