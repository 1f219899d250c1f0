"""A file that is the truth: what a command writes there reaches the process that runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The content of one file, read again whenever somebody replaced it."""

    def __init__(self, path: Path, read: Callable[[bytes], T]) -> None:
        self._path, self._read = path, read
        self._memo: tuple[object, T] | None = None

    def now(self) -> T:
        """What the file says; the same object as before while nobody has replaced it."""
        file = self._path.stat()
        stamp = (file.st_ino, file.st_mtime_ns)
        if self._memo is None or self._memo[0] != stamp:
            self._memo = (stamp, self._read(self._path.read_bytes()))
        return self._memo[1]
