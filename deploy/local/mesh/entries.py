"""Who may be whom: the SPIFFE ids of each account of this machine."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.local.identity.keep import write_private
from deploy.local.mesh.kept import Kept

Entry = tuple[int, str]
"""An account's number, and the path of an id that it may be."""


class Entries:
    """Those of the settings, for the own account, and those made by command, in one file."""

    def __init__(self, folder: Path, own: Iterable[str]) -> None:
        self._path = folder / "entries.json"
        self._own = frozenset((os.getuid(), path) for path in own)
        self._kept = Kept(self._path, _read)
        if not self._path.exists():
            self._write(frozenset())

    def now(self) -> Mapping[int, tuple[str, ...]]:
        """The paths of each account, sorted; the first is what a workload gets that does not choose."""
        found: dict[int, tuple[str, ...]] = {}
        for account, path in sorted(self._own | self._kept.now()):
            found[account] = (*found.get(account, ()), path)
        return found

    def enter(self, entry: Entry) -> None:
        """Let an account be somebody."""
        self._write(self._kept.now() | {entry})

    def remove(self, entry: Entry) -> None:
        """No longer. What it holds is good until it ends; nothing follows."""
        self._write(self._kept.now() - {entry})

    def _write(self, entries: frozenset[Entry]) -> None:
        write_private(self._path, json.dumps(sorted(entries)))


def _read(raw: bytes) -> frozenset[Entry]:
    return frozenset((account, path) for account, path in json.loads(raw))
