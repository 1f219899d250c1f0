"""Who keeps an index, and how others ask them for a sync."""

import fcntl
import os
from pathlib import Path

from platform_core import WiringError
from servers.knowledge.settings import KnowledgeSettings


class Alone:
    """The right to keep an index: of one process at a time, and given back by its end, whatever ends it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = (folder / "lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise WiringError(
                f"another process keeps the index in {folder}: end it, or give this one a folder of its own in "
                f"{KnowledgeSettings.variable('state')}"
            ) from None

    def release(self) -> None:
        self._file.close()


def kept_by_somebody(folder: Path) -> bool:
    """Whether a process keeps the index in `folder` now."""
    try:
        Alone(folder).release()
    except WiringError:
        return True
    return False


class Request:
    """How `sync` asks the process that keeps the index: a file with the time, which the answer repeats."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sync-asked"

    def ask(self, now: int) -> None:
        """Ask at `now`, in nanoseconds: who asks later asks for those before them too."""
        beside = self._path.with_suffix(".new")
        beside.write_text(str(now))
        os.replace(beside, self._path)

    def waiting(self) -> bool:
        return self._path.exists()

    def take(self) -> int:
        """The time of the request; 0 where there is none."""
        try:
            asked = int(self._path.read_text())
        except (FileNotFoundError, ValueError):
            asked = 0
        self._path.unlink(missing_ok=True)
        return asked
