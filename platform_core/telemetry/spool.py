"""Records on this machine's disk until the registry has them: written before the answer leaves, shipped later."""

import logging
import mmap
import os
from pathlib import Path

import msgspec

from platform_core.errors import Unavailable
from platform_core.telemetry.record import Entry

SEGMENT_BYTES = 4 * 1024 * 1024
"""Size of one file, on the disk from the start; what is not written yet is zero."""
_encode = msgspec.json.Encoder().encode

log = logging.getLogger(__name__)


class Spool:
    """Files of JSON lines in one folder, bounded in bytes; one writer, no thread, no system call for a line.

    A line is in the kernel's page cache before the call's answer leaves, so it survives the death of this process; a
    tool that changes data asks for the disk as well (`write_durably`).
    """

    def __init__(self, folder: Path, *, limit: int = 256 * 1024 * 1024) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder, self._limit = folder, limit
        self.lost = 0
        """Records that were dropped because the spool was full."""
        segments = self.segments()
        self._bytes = sum(path.stat().st_size for path in segments)
        self._number = int(segments[-1].stem) if segments else 0
        self._map: mmap.mmap | None = None
        """The file being written; opened for the first record, so that who only looks leaves nothing behind."""
        self._reason = ""

    def segments(self) -> list[Path]:
        """The files, oldest first; the last one is being written."""
        return sorted(self.folder.glob("*.jsonl"))

    @property
    def full(self) -> bool:
        """Whether there is no room for another file."""
        return self._map is None and not self._open_next()

    def write(self, entry: Entry) -> None:
        """Append one record of a call that only read; when the spool is full, count the gap and go on."""
        if self._append(_encode(entry) + b"\n") is None:
            self._lose()

    def write_durably(self, entry: Entry) -> None:
        """Append one record of a tool that changes data and wait for the disk.

        Raises `Unavailable` when there is no room to open a change: what can't be written down does not happen. A
        change that was opened has happened: when there is no room for its end, the gap is counted.
        """
        written = self._append(_encode(entry) + b"\n")
        if written is not None:
            written.flush()
        elif entry.phase == "opened":
            raise Unavailable("the record of this change can't be kept now, so nothing was changed; try again later")
        else:
            self._lose()

    def released(self, size: int) -> None:
        """The shipper has removed a file of `size` bytes."""
        self._bytes -= size

    def close(self) -> None:
        """Give the file back, cut to what is written."""
        if self._map is not None:
            self._map.close()
            path = self.folder / f"{self._number:08d}.jsonl"
            os.truncate(path, self._used)
            self._bytes -= SEGMENT_BYTES - self._used
            self._map = None

    def _lose(self) -> None:
        self.lost += 1
        if self.lost & (self.lost - 1) == 0:
            log.error("the spool %s is full, %d records are lost: %s", self.folder, self.lost, self._reason)

    def _append(self, line: bytes) -> mmap.mmap | None:
        """Put `line` into the open file, or into a new one where it does not fit; None where there is no room."""
        if self._map is not None and self._used + len(line) > SEGMENT_BYTES:
            self.close()
        if len(line) > SEGMENT_BYTES or (self._map is None and not self._open_next()):
            return None
        target = self._map
        if target is not None:
            target[self._used : self._used + len(line)] = line
            self._used += len(line)
        return target

    def _open_next(self) -> bool:
        """Open a file with all its bytes on the disk: a store into a map without room behind it would kill us."""
        self._used = 0
        if self._bytes + SEGMENT_BYTES > self._limit:
            self._reason = "its bound is reached; is the registry down?"
            return False
        try:
            self._map = _whole_file(self.folder / f"{self._number + 1:08d}.jsonl")
        except OSError as error:
            self._reason = str(error)
            return False
        self._number += 1
        self._bytes += SEGMENT_BYTES
        return True


def _whole_file(path: Path) -> mmap.mmap:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(file, 0, SEGMENT_BYTES)
        return mmap.mmap(file, SEGMENT_BYTES)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(file)
