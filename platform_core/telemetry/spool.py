"""Records on this machine's disk until the registry has them: written before the answer leaves, shipped later."""

import logging
import os
from pathlib import Path

import msgspec

from platform_core.errors import Unavailable
from platform_core.telemetry.record import Entry

SEGMENT_BYTES = 4 * 1024 * 1024
_encode = msgspec.json.Encoder().encode

log = logging.getLogger(__name__)


class Spool:
    """Append-only files of JSON lines in one folder, bounded in bytes; one writer, no thread.

    A line is in the kernel's hands before the call's answer leaves, so it survives the death of this process; a tool
    that changes data asks for the disk as well (`durable`).
    """

    def __init__(self, folder: Path, *, limit: int = 256 * 1024 * 1024) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder, self._limit = folder, limit
        self.lost = 0
        """Records of reads that were dropped because the spool was full."""
        segments = self.segments()
        self._closed_bytes = sum(path.stat().st_size for path in segments)
        self._number = int(segments[-1].stem) if segments else 0
        self._open_next()

    def segments(self) -> list[Path]:
        """The files, oldest first; the last one is being written."""
        return sorted(self.folder.glob("*.jsonl"))

    @property
    def full(self) -> bool:
        """Whether another record would exceed the bound."""
        return self._closed_bytes + self._size >= self._limit

    def write(self, entry: Entry) -> None:
        """Append one record of a call that only read; when the spool is full, count the gap and go on."""
        if self.full:
            self.lost += 1
            if self.lost & (self.lost - 1) == 0:
                log.error("the spool %s is full: %d records are lost; is the registry down?", self.folder, self.lost)
            return
        self._append(entry)

    def write_durably(self, entry: Entry) -> None:
        """Append one record of a tool that changes data and wait for the disk.

        Raises `Unavailable` when the spool is full: what can't be written down does not happen.
        """
        if self.full:
            raise Unavailable("the record of this change can't be kept now, so nothing was changed; try again later")
        self._append(entry)
        os.fsync(self._file)

    def released(self, size: int) -> None:
        """The shipper has removed a file of `size` bytes."""
        self._closed_bytes -= size

    def close(self) -> None:
        """Give the file back; every line is in it already."""
        os.close(self._file)

    def _append(self, entry: Entry) -> None:
        line = _encode(entry) + b"\n"
        os.write(self._file, line)
        self._size += len(line)
        if self._size >= SEGMENT_BYTES:
            os.close(self._file)
            self._closed_bytes += self._size
            self._open_next()

    def _open_next(self) -> None:
        self._number += 1
        self._size = 0
        path = self.folder / f"{self._number:08d}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
