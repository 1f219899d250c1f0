"""Lines out of an event log, whatever packed it: never more than one at a time, never longer than a bound."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import zstandard

from servers.spark.eventlog.blocks import CutOff, GzipChunks, Lz4Blocks, LzfChunks, SnappyBlocks

MOST_LINE = 16 << 20
"""Bytes of one line that are kept; a longer one is passed over and counted."""
_WINDOW = 32 << 20
"""Memory that a zstd frame may ask for: Spark's own frames want 8 MB at most."""
_CHUNK = 1 << 18
IN_PROGRESS = ".inprogress"


@dataclass(slots=True, kw_only=True)
class Reading:
    """What was read, and what could not be."""

    bytes: int = 0
    """After unpacking."""
    lines: int = 0
    too_long: int = 0
    undecodable: int = 0
    foreign: int = 0
    """Lines of events that Spark itself does not write, or that this reader does not know."""
    cut: str = ""
    """How the log ends before its end."""
    capped: bool = False
    """The byte cap ended the reading."""
    missing_parts: int = 0
    """Rolled files that should be there and are not."""


def lines(packed: BinaryIO, name: str, reading: Reading, *, most_bytes: int) -> Iterator[bytes]:
    """The whole lines of one file; `name` tells its codec. What can't be read ends them and stands in `reading`."""
    try:
        with unpacked(packed, name) as stream:
            readline = stream.readline
            while line := readline(MOST_LINE):
                reading.bytes += len(line)
                reading.lines += 1
                if not line.endswith(b"\n") and not _rest_of_line(stream, line, reading):
                    continue
                yield line
                if reading.bytes > most_bytes:
                    reading.capped = True
                    return
    except (CutOff, zstandard.ZstdError) as error:
        reading.cut = f"the packed bytes end in the middle ({error})"


def unpacked(packed: BinaryIO, name: str) -> io.BufferedReader:
    """`packed` as plain bytes."""
    plain: Any = packed
    match name.removesuffix(IN_PROGRESS).rpartition(".")[2]:
        case "zstd" | "zst":
            unzstd = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
            plain = unzstd.stream_reader(packed, read_across_frames=True, read_size=_CHUNK)
        case "lz4":
            plain = Lz4Blocks(packed)
        case "snappy":
            plain = SnappyBlocks(packed)
        case "lzf":
            plain = LzfChunks(packed)
        case "gz" | "gzip":
            plain = GzipChunks(packed)
        case _:
            pass
    return io.BufferedReader(plain, _CHUNK)


def _rest_of_line(stream: io.BufferedReader, line: bytes, reading: Reading) -> bool:
    """Whether an unended line may be used: the last one of a file may be whole, a huge one is passed over."""
    if len(line) < MOST_LINE:
        return True
    while (more := stream.readline(_CHUNK)) and not more.endswith(b"\n"):
        reading.bytes += len(more)
    reading.bytes += len(more)
    reading.too_long += 1
    return False
