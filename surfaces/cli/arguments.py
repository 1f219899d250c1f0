"""Arguments of a tool from the command line: `key=text`, `key:=json`, and one JSON object under them."""

import json
from collections.abc import Sequence
from typing import Any

from surfaces.cli import reading
from surfaces.cli.failures import Unreachable, Unusable


def parse(words: Sequence[str], beneath: str | None) -> dict[str, Any]:
    """The arguments of one call; a word wins over the JSON object."""
    return _object(beneath) | dict(_pair(word) for word in words)


def _pair(word: str) -> tuple[str, Any]:
    key, equals, value = word.partition("=")
    if not equals or not key.strip(":"):
        raise Unusable(f"{word!r} is no argument. Write key=text, or key:=json for numbers, lists and true or false.")
    if not key.endswith(":"):
        return key, value
    try:
        return key[:-1], json.loads(value)
    except ValueError:
        raise Unusable(f"{word!r}: what follows := is not JSON. Quote it for the shell: '{key}=[1, 2]'.") from None


def _object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        return dict(reading.fields(text, "--json"))
    except Unreachable:
        raise Unusable("--json takes one JSON object, like --json '{\"limit\": 5}'.") from None
