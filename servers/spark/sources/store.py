"""Files on disks and in object stores; the only module that knows fsspec."""

from dataclasses import dataclass
from typing import Any, BinaryIO

import fsspec  # pyright: ignore[reportMissingTypeStubs] - it has none

_fsspec: Any = fsspec
LOCAL = "file"


@dataclass(frozen=True, slots=True)
class Store:
    """A place that a URL names. Everything blocks."""

    files: Any
    root: str

    @property
    def local(self) -> bool:
        protocol: object = self.files.protocol
        return LOCAL in protocol if isinstance(protocol, tuple) else protocol == LOCAL

    def entries(self, folder: str) -> list[dict[str, Any]]:
        """What lies in a folder now, with sizes and times."""
        self.files.invalidate_cache()
        listed: list[dict[str, Any]] = self.files.ls(folder, detail=True)
        return listed

    def open(self, name: str) -> BinaryIO:
        opened: BinaryIO = self.files.open(name, "rb")
        return opened

    def open_root(self) -> BinaryIO:
        """The file that the URL itself names."""
        return self.open(self.root)


def store_at(url: str) -> Store:
    """The place at `url`, or at a path. Raises `ImportError` or `ValueError` where no driver knows it."""
    files, root = _fsspec.url_to_fs(url)
    return Store(files, str(root))
