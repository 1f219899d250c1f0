"""Reading what came over the wire: it has the shape that was promised, or the command ends and says so."""

import json
from collections.abc import Mapping
from typing import Any, cast

from surfaces.cli.failures import Unreachable

Fields = Mapping[str, Any]


def fields(text: str | bytes, whose: str) -> Fields:
    """The JSON object in `text`."""
    try:
        value = json.loads(text)
    except ValueError:
        raise Unreachable(f"{whose} did not answer in JSON: is this a Seedbed platform?") from None
    return mapping(value, whose)


def mapping(value: object, whose: str) -> Fields:
    """`value`, if it is a JSON object."""
    if not isinstance(value, dict):
        raise Unreachable(f"{whose} answered in a shape that this version does not know.")
    return cast(Fields, value)


def text(source: Fields, name: str, whose: str) -> str:
    """The text under `name`, fit to be printed."""
    value = source.get(name)
    if not isinstance(value, str):
        raise Unreachable(f"{whose} left out {name}: is this a Seedbed platform?")
    return printable(value)


def text_or(source: Fields, name: str, default: str = "") -> str:
    """The text under `name`, fit to be printed; `default` where there is none."""
    value = source.get(name)
    return printable(value) if isinstance(value, str) else default


def number_or(source: Fields, name: str, default: float) -> float:
    """The number under `name`; `default` where there is none."""
    value = source.get(name)
    return float(value) if isinstance(value, int | float) else default


def items(source: Fields, name: str) -> list[Any]:
    """The list under `name`; empty where there is none."""
    value = source.get(name)
    return cast(list[Any], value) if isinstance(value, list) else []


def printable(text: str) -> str:
    """`text` without the control characters that would let it rewrite a terminal."""
    return "".join(character for character in text if character in "\n\t" or character.isprintable())
