"""Digests and headers made before, on disk: by size and time of the log, so that a growing one is read again."""

import hashlib
import os
import time
from collections import OrderedDict
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from servers.spark.digest import FORMAT, Digest, Header, unpacked
from servers.spark.sources.attempts import Attempt

IN_MEMORY = 8
"""Digests that are kept unpacked."""
ON_DISK = 2_000
"""Digests in the folder; the oldest go first."""
_HEADERS = msgspec.msgpack.Decoder(dict[str, Header | None])


class Shelf:
    """What is known already. Nothing on it is anybody's own: who may ask is decided before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "digests"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._near: OrderedDict[str, Digest] = OrderedDict()
        self._headers = self._read_headers()
        self._sweep()
        self._fresh_headers = False

    def digest(self, key: str) -> Digest | None:
        if key in self._near:
            self._near.move_to_end(key)
            return self._near[key]
        try:
            data = (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None
        return self.keep(key, None, data)

    def keep(self, key: str, attempt: Attempt | None, data: bytes) -> Digest | None:
        """Put a packed digest here; it is on disk if it is of an attempt and near in any case."""
        digest = unpacked(data)
        if digest is None:
            return None
        self._near[key] = digest
        if len(self._near) > IN_MEMORY:
            self._near.popitem(last=False)
        if attempt is not None:
            self._write(self._folder / key, data)
        return digest

    def has(self, key: str) -> bool:
        return key in self._near or (self._folder / key).exists()

    def looked_at(self, key: str) -> bool:
        """Whether the start of this log was read already."""
        return key in self._headers

    def header(self, key: str) -> Header | None:
        return self._headers.get(key)

    def keep_header(self, key: str, header: Header | None) -> None:
        self._headers[key] = header
        self._fresh_headers = True

    def save_headers(self, keys: set[str]) -> None:
        """Write the headers of logs that still exist."""
        if self._fresh_headers:
            self._headers = {key: header for key, header in self._headers.items() if key in keys}
            self._write(self._folder / "headers", msgspec.msgpack.encode(self._headers))
            self._fresh_headers = False

    def _sweep(self) -> None:
        """Remove the oldest digests beyond what is kept."""
        kept = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in kept[ON_DISK:]:
            file.unlink(missing_ok=True)

    def _read_headers(self) -> dict[str, Header | None]:
        try:
            return _HEADERS.decode((self._folder / "headers").read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _write(self, file: Path, data: bytes) -> None:
        with NamedTemporaryFile(dir=self._folder, delete=False) as fresh:
            fresh.write(data)
        os.replace(fresh.name, file)


def key_of(url: str, attempt: Attempt) -> str:
    """What changes as soon as any part of the log does."""
    now = [str(time.time())] if attempt.live else []  # what runs is asked again each time
    parts = now + [f"{part.name}:{part.size}:{part.changed}" for part in attempt.parts]
    return hashlib.sha256("\n".join([str(FORMAT), url, *parts]).encode()).hexdigest()[:40]
