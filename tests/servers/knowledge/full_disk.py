"""A sync on a disk that is full, in a process of its own: `python -m tests.servers.knowledge.full_disk FOLDER`."""

import json
import resource
import sys
from pathlib import Path

import pytest

from servers.knowledge.keeping import MENDABLE, Kept
from tests.servers.knowledge.shelf import Shelf

LIMIT = 4_096
"""Bytes of a file that there is room for."""


def _answers(kept: Kept) -> int:
    """How many passages are found."""
    return len(kept.index.by_words("days of leave", kept.index.held().reach(["everyone"]), 99))


def main() -> None:
    """Sync, fill the disk, sync more, make room, sync again; print what was found after each."""
    with pytest.MonkeyPatch.context() as patched:
        shelf = Shelf(Path(sys.argv[1]), patched)
        patched.setenv("XDG_CACHE_HOME", f"{sys.argv[1]}/cache")
        shelf.source("handbook")
        shelf.page("handbook/leave.md", "Thirty days of leave.", groups=["everyone"])
        shelf.sync()
        told: list[object] = [_answers(shelf.kept)]
        for number in range(60):
            shelf.page(f"handbook/{number}.md", f"Page {number} of leave. {'word ' * 200}", groups=["everyone"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
        try:
            shelf.sync()
        except MENDABLE as error:
            told.append(type(error).__name__)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        told.append(_answers(shelf.kept))
        shelf.sync()
        print(json.dumps([*told, _answers(shelf.kept)]))


if __name__ == "__main__":
    main()
