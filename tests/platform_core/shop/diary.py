"""What the bodies of the shop's tools did: the proof that one ran, or did not."""

import os
import threading
from pathlib import Path

PATIENCE = 60.0


class Diary:
    """Lines in order, in memory and in the file that `SHOP_DIARY` names; written and read from any thread."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def write(self, line: str) -> None:
        """Note that a body was here."""
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()
        if path := os.environ.get("SHOP_DIARY"):
            with Path(path).open("a") as file:
                file.write(line + "\n")

    def start_over(self) -> None:
        """Forget every line."""
        self.lines.clear()

    def wait_for(self, line: str, *, times: int = 1) -> None:
        """Return when `line` was written so often."""
        with self._changed:
            written = self._changed.wait_for(lambda: self.lines.count(line) >= times, PATIENCE)
        assert written, f"{line!r} is not {times} times among {self.lines}"


diary = Diary()
