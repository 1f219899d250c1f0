"""Small event logs, written line by line, and packed as Spark's codecs pack them."""

import gzip
import json
from collections.abc import Callable, Iterable
from typing import Any

import cramjam
import lz4.block  # pyright: ignore[reportMissingTypeStubs] - it has none
import zstandard

START = 1_795_371_890_000
_lz4: Any = lz4.block
_snappy: Any = cramjam.snappy


def event(name: str, **fields: Any) -> dict[str, Any]:
    """One event; blanks in Spark's names are written as underscores."""
    return {"Event": f"SparkListener{name}"} | {key.replace("_", " "): value for key, value in fields.items()}


def started(app_id: str = "app-20261122182521-7001", name: str = "nightly") -> dict[str, Any]:
    return event("ApplicationStart", App_Name=name, App_ID=app_id, Timestamp=START, User="etl")


def ended(after: int = 60_000) -> dict[str, Any]:
    return event("ApplicationEnd", Timestamp=START + after)


def text(events: Iterable[dict[str, Any]]) -> bytes:
    """The log's plain bytes, as compact as Spark writes them."""
    return b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in events)


def task(number: int, *, took: int = 1_000, reason: dict[str, Any] | None = None, **info: Any) -> list[dict[str, Any]]:
    """Start and end of a task of stage 0."""
    begin = {"Task ID": number, "Index": number, "Launch Time": START + 1_000, "Executor ID": "1", "Host": "h"} | info
    end = begin | {"Finish Time": START + 1_000 + took, "Failed": reason is not None, "Killed": False}
    why = reason or {"Reason": "Success"}
    return [
        event("TaskStart", Stage_ID=0, Stage_Attempt_ID=0, Task_Info=begin),
        event("TaskEnd", Stage_ID=0, Stage_Attempt_ID=0, Task_End_Reason=why, Task_Info=end),
    ]


def _zstd(data: bytes) -> bytes:
    """Many frames, as a log that is flushed now and then."""
    pack = zstandard.ZstdCompressor(level=1).compress
    return b"".join(pack(data[at : at + 4096]) for at in range(0, len(data), 4096))


def _lz4_blocks(data: bytes) -> bytes:
    blocks = [data[at : at + 32_768] for at in range(0, len(data), 32_768)]
    return b"".join(map(_lz4_block, blocks)) + b"LZ4Block\x15" + bytes(12)


def _lz4_block(plain: bytes) -> bytes:
    packed = _lz4.compress(plain, store_size=False)
    sizes = len(packed).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    return b"LZ4Block" + bytes([0x25]) + sizes + bytes(4) + packed


def _snappy_blocks(data: bytes) -> bytes:
    blocks = [bytes(_snappy.compress_raw(data[at : at + 32_768])) for at in range(0, len(data), 32_768)]
    head = b"\x82SNAPPY\x00" + (1).to_bytes(4, "big") * 2
    return head + b"".join(len(block).to_bytes(4, "big") + block for block in blocks)


def _lzf_chunks(data: bytes) -> bytes:
    chunks = [data[at : at + 65_535] for at in range(0, len(data), 65_535)]
    return b"".join(map(_lzf_chunk, chunks))


def _lzf_chunk(plain: bytes) -> bytes:
    packed = _lzf(plain)
    if len(packed) >= len(plain):
        return b"ZV\x00" + len(plain).to_bytes(2, "big") + plain
    return b"ZV\x01" + len(packed).to_bytes(2, "big") + len(plain).to_bytes(2, "big") + packed


def _lzf(plain: bytes) -> bytes:
    """Literals, and the longest run that began with the same three bytes the last time."""
    packed, waiting, seen, at = bytearray(), bytearray(), dict[bytes, int](), 0
    while at < len(plain):
        key, before = plain[at : at + 3], seen.get(plain[at : at + 3], -1)
        seen[key] = at
        length = 0
        while before >= 0 and at - before <= 8192 and at + length < len(plain) and length < 264:
            if plain[before + length] != plain[at + length]:
                break
            length += 1
        if length < 3:
            waiting.append(plain[at])
            at += 1
            continue
        packed += _literals(bytes(waiting)) + _run(at - before - 1, length - 2)
        waiting, at = bytearray(), at + length
    return bytes(packed + _literals(bytes(waiting)))


def _literals(waiting: bytes) -> bytes:
    runs = (waiting[at : at + 32] for at in range(0, len(waiting), 32))
    return b"".join(bytes([len(run) - 1]) + run for run in runs)


def _run(back: int, length: int) -> bytes:
    if length < 7:
        return bytes([length << 5 | back >> 8, back & 255])
    return bytes([7 << 5 | back >> 8, length - 7, back & 255])


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".zstd": _zstd,
    ".lz4": _lz4_blocks,
    ".snappy": _snappy_blocks,
    ".lzf": _lzf_chunks,
    ".gz": gzip.compress,
}
"""File endings and what they mean."""
