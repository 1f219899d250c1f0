"""A message of Envoy's API in its binary form, which Envoy reads several times faster than JSON.

Bytes may stand wherever a message may: it was encoded before. So each server's routes are encoded once, and a change
of one server costs that one.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass

from gateway.compile.schema import schema
from gateway.compile.terms import TYPE, Json

Encode = Callable[[Any], bytes]
VARINT, FIXED64, SIZED = 0, 1, 2


def encoded(kind: str, message: Json) -> bytes:
    """The bytes of `message`, whose type is `kind`. Raises `ValueError` for a field that the type does not have."""
    return _encoder(kind)(message)


def nested(kind: str, field: str, pieces: Iterable[bytes]) -> list[bytes]:
    """Pieces of a message of type `kind` whose `field` is made of `pieces`: large ones are copied once, at last."""
    held = list(pieces)
    number = schema().FindMessageTypeByName(kind).fields_by_name[field]
    return [_tag(number, SIZED) + _varint(sum(map(len, held))), *held]


def decoded(kind: str, raw: bytes) -> Json:
    """A message for people to read, taken apart by another hand than put it together."""
    message = GetMessageClass(schema().FindMessageTypeByName(kind))()
    message.ParseFromString(raw)
    return MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=schema())


@cache
def _encoder(kind: str) -> Encode:
    return partial(_message, kind, _Fields(kind), SHORT_FORMS.get(kind))


def _message(kind: str, fields: "_Fields", short: Callable[[Any], Json] | None, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return b"".join([fields[name](part) for name, part in (short(value) if short else value).items()])
    except KeyError as error:
        raise ValueError(f"{kind} does not know {error}") from None


class _Fields(dict[str, Encode]):
    """What writes each field of a type; made when it is first used, since types contain each other."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._known = schema().FindMessageTypeByName(kind).fields_by_name

    def __missing__(self, name: str) -> Encode:
        field = self._known[name]
        one = _single(field)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            self[name] = partial(_entries, one)
        else:
            self[name] = partial(_each, one) if field.is_repeated else one
        return self[name]


def _single(field: FieldDescriptor) -> Encode:
    """One value with the field's number before it."""
    if field.message_type is not None:
        return partial(_sized, _tag(field, SIZED), _encoder(field.message_type.full_name))
    if field.enum_type is not None:
        numbers = {key: value.number for value in field.enum_type.values for key in (value.name, value.number)}
        return partial(_number, _tag(field, VARINT), numbers.__getitem__)
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return partial(_sized, _tag(field, SIZED), str.encode)
        case FieldDescriptor.TYPE_BYTES:
            return partial(_sized, _tag(field, SIZED), bytes)
        case FieldDescriptor.TYPE_DOUBLE:
            return partial(_packed, _tag(field, FIXED64))
        case _:
            return partial(_number, _tag(field, VARINT), int)


def _each(one: Encode, values: Iterable[Any]) -> bytes:
    return b"".join([one(value) for value in values])


def _entries(one: Encode, values: Mapping[str, Any]) -> bytes:
    """A map, by the order of its keys, so that equal maps have equal bytes."""
    return b"".join([one({"key": key, "value": values[key]}) for key in sorted(values)])


def _sized(tag: bytes, encode: Encode, value: Any) -> bytes:
    raw = encode(value)
    return b"%b%b%b" % (tag, _varint(len(raw)), raw)


def _number(tag: bytes, read: Callable[[Any], int], value: Any) -> bytes:
    return tag + _varint(read(value))


def _packed(tag: bytes, value: float) -> bytes:
    return tag + struct.pack("<d", value)


def _tag(field: FieldDescriptor, form: int) -> bytes:
    return _varint(field.number << 3 | form)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def _any(value: Json) -> Json:
    url: str = value["@type"]
    fields = {name: part for name, part in value.items() if name != "@type"}
    return {"type_url": url, "value": encoded(url.removeprefix(TYPE), fields)}


def _duration(value: str) -> Json:
    seconds, _, fraction = value.removesuffix("s").partition(".")
    return {"seconds": int(seconds), "nanos": int(fraction.ljust(9, "0"))}


def _free(value: object) -> Json:
    """A value of no fixed type."""
    match value:
        case bool():
            return {"bool_value": value}
        case str():
            return {"string_value": value}
        case int() | float():
            return {"number_value": value}
        case list():
            return {"list_value": {"values": value}}
        case _:
            return {"struct_value": value}


def _wrapped(value: object) -> Json:
    return {"value": value}


SHORT_FORMS: Mapping[str, Callable[[Any], Json]] = {
    "google.protobuf.Any": _any,
    "google.protobuf.Duration": _duration,
    "google.protobuf.Struct": lambda value: {"fields": value},
    "google.protobuf.Value": _free,
    **{f"google.protobuf.{kind}Value": _wrapped for kind in ("Bool", "Double", "UInt32", "UInt64", "String")},
}
"""What JSON writes shorter than the message is."""
