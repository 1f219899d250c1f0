"""Who keeps an index, and how others ask them for a sync."""

import fcntl
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


class Request:
    """How `sync` asks the process that keeps the index: a file with a word that the answer repeats."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sync-asked"

    def ask(self, word: str) -> None:
        self._path.write_text(word)

    def waiting(self) -> bool:
        return self._path.exists()

    def take(self) -> str:
        try:
            word = self._path.read_text()
            self._path.unlink()
        except FileNotFoundError:
            return ""
        return word
