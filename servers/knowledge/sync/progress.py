"""How far a sync is: for `status`, for `sync` that waits, and for people who ask what is missing."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One moment of a sync."""

    running: bool = False
    source: str = ""
    done: int = 0
    of: int = 0
    """Changed documents of the source."""
    finished: str = ""
    """When the last sync ended, ISO."""
    asked: int = 0
    """The last request that a sync has answered."""
    problems: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        if self.running:
            return f"reading {self.source or 'the sources'}, {self.done} of {self.of} changed documents"
        return f"finished {self.finished}" if self.finished else "has not run yet"


Tell = Callable[[Progress], None]


class Board:
    """A small file that one process writes and others read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = self.read()
        self.tell: Tell | None = None
        """Who wants to see each moment as well."""

    def write(self, now: Progress) -> None:
        self.now = now
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(now)))
        os.replace(beside, self.path)
        if self.tell:
            self.tell(now)

    def change(self, **changes: object) -> None:
        self.write(replace(self.now, **changes))  # type: ignore[arg-type]

    def read(self) -> Progress:
        try:
            said = json.loads(self.path.read_bytes())
            return Progress(**(said | {"problems": tuple(said["problems"]), "asked": int(said["asked"])}))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return Progress()
