"""What a pipeline says of a server, taken in only where it can be kept, digested and read."""

import asyncio
import json
import math
from collections.abc import Iterable
from itertools import chain
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from platform_core.registration.contract import Registration
from registry.refused import Refused

DEEPEST = 128
"""How deep values may be nested; a person reads no schema that is deeper, and recursion has an end."""


def _readable(value: object) -> object:
    """`value`, where a digest can be taken of it. Raises `ValueError`."""
    waiting: list[tuple[Iterable[object], int]] = [([value], 0)]
    while waiting:
        parts, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        for part in parts:
            if isinstance(part, str):
                if not part.isascii():
                    _whole(part)
            elif isinstance(part, dict):
                pairs = cast("dict[object, object]", part)
                waiting.append((chain(pairs, pairs.values()), depth + 1))
            elif isinstance(part, list):
                waiting.append((cast("list[object]", part), depth + 1))
            elif isinstance(part, float) and not math.isfinite(part):
                raise ValueError("it holds a number that JSON can't say")
    return value


def _whole(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        detail = "it holds half a character: write what stands behind a \\ud800 to \\udfff as one"
        raise ValueError(detail) from None


Described = Annotated[Registration, BeforeValidator(_readable)]
"""A registration, as it comes in from outside."""
_described = TypeAdapter[Registration](Described)


async def _told(request: Request) -> Registration:
    body = await request.body()
    try:
        return await asyncio.to_thread(_read, body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


def _read(body: bytes) -> Registration:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(code="invalid", rule="registry/request", detail=f"error parsing the body: {error}") from None
    return _described.validate_python(value)


Told = Annotated[Registration, Depends(_told)]
"""The same as the whole body, which may hold thousands of tools: it is read beside the event loop."""
