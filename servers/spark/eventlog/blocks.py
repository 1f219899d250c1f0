"""Packings that no library reads as a stream up to a cut: LZ4, Snappy and LZF as Spark writes them, and gzip."""

import io
import struct
import zlib
from typing import Any, BinaryIO

import cramjam
import lz4.block  # pyright: ignore[reportMissingTypeStubs] - it has none

MOST_BLOCK = 32 << 20
"""Bytes of one block, packed or unpacked; Spark writes 32 KB."""
_LZ4 = struct.Struct("<8sBiiI")
_LZ4_MAGIC, _LZ4_RAW, _LZ4_PACKED = b"LZ4Block", 0x10, 0x20
_LZF = struct.Struct(">2sBH")
_LZF_MAGIC = b"ZV"
_GZIP = 16 + zlib.MAX_WBITS
_CHUNK = 1 << 16
_SNAPPY_MAGIC = b"\x82SNAPPY\x00"
_lz4: Any = lz4.block
_snappy: Any = cramjam.snappy
_Lz4Error: type[Exception] = _lz4.LZ4BlockError


class CutOff(Exception):
    """The bytes end, or turn into nonsense, in the middle of a block."""


class Blocks(io.RawIOBase):
    """A readable stream over blocks; subclasses unpack the next one."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed, self._rest = packed, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = self._block()
            if block is None:
                return 0
            self._rest = memoryview(block)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _block(self) -> bytes | None:
        raise NotImplementedError

    def _take(self, count: int) -> bytes:
        if not 0 <= count <= MOST_BLOCK:
            raise CutOff("a block of impossible size")
        taken = self._packed.read(count)
        if len(taken) < count:
            raise CutOff("the last block is not whole")
        return taken


class Lz4Blocks(Blocks):
    """`LZ4BlockOutputStream` of lz4-java."""

    def _block(self) -> bytes | None:
        while head := self._packed.read(_LZ4.size):
            if len(head) < _LZ4.size:
                raise CutOff("the last header is not whole")
            magic, token, packed, size, _ = _LZ4.unpack(head)
            if magic != _LZ4_MAGIC or not 0 <= size <= MOST_BLOCK:
                raise CutOff("not a block of LZ4")
            if not size:  # the end mark of one stream; an appended one may follow
                continue
            body = self._take(packed)
            return body if token & 0xF0 == _LZ4_RAW else _unpacked(_lz4.decompress, body, uncompressed_size=size)
        return None


class SnappyBlocks(Blocks):
    """`SnappyOutputStream` of snappy-java: a header of 16 bytes, then sizes and blocks."""

    def _block(self) -> bytes | None:
        head = self._packed.read(4)
        if head == _SNAPPY_MAGIC[:4]:  # at the start, and again where a stream was appended
            self._take(12)
            head = self._packed.read(4)
        if not head:
            return None
        if len(head) < 4:
            raise CutOff("the last header is not whole")
        body = self._take(int.from_bytes(head, "big"))
        if _unpacked(_snappy.decompress_raw_len, body) > MOST_BLOCK:
            raise CutOff("a block of impossible size")
        return _unpacked(_snappy.decompress_raw, body)


class LzfChunks(Blocks):
    """`LZFOutputStream` of compress-lzf: no library that is kept reads it, and few clusters write it."""

    def _block(self) -> bytes | None:
        head = self._packed.read(_LZF.size)
        if not head:
            return None
        if len(head) < _LZF.size:
            raise CutOff("the last header is not whole")
        magic, kind, size = _LZF.unpack(head)
        if magic != _LZF_MAGIC or kind > 1:
            raise CutOff("not a chunk of LZF")
        if not kind:
            return self._take(size)
        whole = int.from_bytes(self._take(2), "big")
        plain = _unlzf(self._take(size))
        if len(plain) != whole:
            raise CutOff("a chunk that can't be unpacked: it is of another size than it says")
        return plain


class GzipChunks(Blocks):
    """Gzip, member after member; the standard library's own reader gives nothing of a member that is cut."""

    def __init__(self, packed: BinaryIO) -> None:
        super().__init__(packed)
        self._member: Any = None

    def _block(self) -> bytes | None:
        while data := self._next():
            if self._member is None:
                self._member = zlib.decompressobj(_GZIP)
            try:
                plain = self._member.decompress(data, _CHUNK)
            except zlib.error as error:
                raise CutOff(f"not gzip: {error}") from error
            if plain:
                return plain
        if self._member is not None:
            raise CutOff("the last member is not whole")
        return None

    def _next(self) -> bytes:
        """Packed bytes that wait: those not yet taken in, those of the next member, or fresh ones."""
        waiting = b""
        if self._member is not None and self._member.eof:
            waiting, self._member = self._member.unused_data, None
        elif self._member is not None:
            waiting = self._member.unconsumed_tail
        return waiting or self._packed.read(_CHUNK)


def _unpacked(unpack: Any, body: bytes, **how: int) -> Any:
    try:
        unpacked = unpack(body, **how)
    except (_Lz4Error, cramjam.DecompressionError, ValueError) as error:
        raise CutOff(f"a block that can't be unpacked: {error}") from error
    return unpacked if isinstance(unpacked, int) else bytes(unpacked)


def _unlzf(packed: bytes) -> bytes:
    """One chunk of at most 64 KB: literals, and runs that repeat what came before."""
    plain, at = bytearray(), 0
    try:
        while at < len(packed):
            token, at = packed[at], at + 1
            if token < 32:
                plain += packed[at : at + token + 1]
                at += token + 1
                continue
            length = (token >> 5) + 2
            if length == 9:
                length, at = length + packed[at], at + 1
            start, at = len(plain) - ((token & 31) << 8 | packed[at]) - 1, at + 1
            if start < 0:
                raise CutOff("a chunk that can't be unpacked: it points before its start")
            run = plain[start : start + length]  # shorter than asked where it runs into itself: then it repeats
            plain += (run * (length // len(run) + 1))[:length]
    except IndexError:
        raise CutOff("a chunk that can't be unpacked: it ends in a token") from None
    return bytes(plain)
