"""A folder of event logs on a disk or in an object store."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from platform_core.errors import Unavailable, WiringError
from servers.spark.sources.attempts import Attempt, File, is_rolling, rolling, single
from servers.spark.sources.store import store_at

_Entry = dict[str, Any]


class Folder:
    """Everything here blocks: it is called in threads and in worker processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._store = store_at(url)
        except (ImportError, ValueError) as error:
            raise WiringError(f"SEEDBED_SPARK_EVENT_LOGS: {url} can't be opened: {error}") from error

    def attempts(self) -> list[Attempt]:
        """All attempts whose logs lie here."""
        try:
            return list(self._attempts())
        except (OSError, ValueError) as error:
            raise Unavailable(f"The event logs can't be listed ({type(error).__name__}); tell the owner.") from error

    def open(self, name: str) -> BinaryIO:
        """One file for reading. A link that leads out of the folder is none of its files."""
        root = self._store.root
        if self._store.local and not os.path.realpath(name).startswith(os.path.realpath(root) + os.sep):
            raise PermissionError(f"{name} leads out of the folder of logs")
        return self._store.open(name)

    def _attempts(self) -> Iterator[Attempt]:
        for entry in self._store.entries(self._store.root):
            found = self._in(entry["name"]) if entry["type"] == "directory" else single(_file(entry))
            if found is not None:
                yield found

    def _in(self, folder: str) -> Attempt | None:
        if not is_rolling(folder):
            return None
        return rolling(folder, [_file(entry) for entry in self._store.entries(folder)])


def _file(entry: _Entry) -> File:
    changed = entry.get("mtime") or entry.get("LastModified") or entry.get("updated") or entry.get("created") or 0.0
    if isinstance(changed, str):
        changed = datetime.fromisoformat(changed)
    if isinstance(changed, datetime):
        changed = changed.timestamp()
    return File(name=entry["name"], size=entry.get("size") or 0, changed=float(changed))
