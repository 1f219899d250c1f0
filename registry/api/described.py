"""What a pipeline says of a server, taken in only where it can be kept, digested and read."""

import math
from typing import Annotated, cast

from pydantic import BeforeValidator

from platform_core.registration.contract import Registration

DEEPEST = 128
"""How deep values may be nested; a person reads no schema that is deeper, and recursion has an end."""


def _readable(value: object) -> object:
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        waiting += [(each, depth + 1) for each in _inside(part)]
    return value


def _inside(part: object) -> list[object]:
    """The values in a value. Raises `ValueError` where no digest can be taken of it."""
    match part:
        case dict():
            pairs = cast("dict[object, object]", part)
            return [*pairs.keys(), *pairs.values()]
        case list():
            return cast("list[object]", part)
        case str() if any("\ud800" <= letter <= "\udfff" for letter in part):
            raise ValueError("it holds half a character: write what stands behind a \\ud800 to \\udfff as one")
        case float() if not math.isfinite(part):
            raise ValueError("it holds a number that JSON can't say")
        case _:
            return []


Described = Annotated[Registration, BeforeValidator(_readable)]
"""A registration, as it comes in from outside."""
