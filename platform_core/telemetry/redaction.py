"""What must not be remembered is taken out before a record is written."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

ARGUMENTS_CAP = 4_096
RESULT_CAP = 8_192
"""Characters of a record's arguments and of its body; what is longer is cut and says so."""

MARGIN = 256
"""Characters looked at beyond a cap, so that no half of a secret stays where the text is cut."""

_NAMES = r"pass(?:word|wd|phrase)?|pwd|secret|(?:api|access|private)[_-]?key|token|credential"
_VALUE = r"""(?:(\\")(?:(?!\\").)*|(")(?:[^"\\]|\\.)*|(')(?:[^'\\]|\\.)*|[^\s"'\\;&}{]{3,})"""
"""To the closing quote where there is an opening one (of JSON inside JSON too), else to the next blank or bracket."""
_DETECTORS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = tuple(
    (anchors, re.compile(pattern, flags), replacement)
    for anchors, pattern, flags, replacement in [
        (("eyj",), r"eyJ[\w-]{8,}(?:\.[\w-]*){0,4}", 0, "[redacted]"),
        (
            ("private key-----",),
            r"-----BEGIN[A-Z ]*PRIVATE KEY-----.*?(?:-----END[A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
            "[redacted]",
        ),
        (("akia", "asia"), r"(?<![A-Za-z0-9])A(?:KIA|SIA)[0-9A-Z]{16}", 0, "[redacted]"),
        (("gho_", "ghp_", "ghr_", "ghs_", "ghu_"), r"(?<![A-Za-z0-9])gh[pousr]_\w{20,}", 0, "[redacted]"),
        (("xox",), r"(?<![A-Za-z0-9])xox[abprs]-[\w-]{10,}", 0, "[redacted]"),
        (("sk-",), r"(?<![A-Za-z0-9])sk-[\w-]{20,}", 0, "[redacted]"),
        (
            ("bearer", "basic"),  # a credential has digits, capitals inside or great length; "basic statistics" has not
            r"(?<![A-Za-z0-9])((?i:bearer|basic)\s+)(?=\S*(?:[\d=]|[a-z][A-Z])|\S{20})[\w.~+/=-]{8,}",
            0,
            r"\1[redacted]",
        ),
        (("://",), r"(://[^/\s:@\"]*:)[^/\s@\"]+@", 0, r"\1[redacted]@"),
        (
            ("pass", "pwd", "secret", "key", "token", "credential"),
            rf"((?:{_NAMES})s?\\?[\"']?\s*[:=]\s*){_VALUE}",
            re.IGNORECASE | re.DOTALL,
            r"\1\2\3\4[redacted]",
        ),
    ]
)
"""Anchors, pattern, replacement. An anchor is a lower-case text without which the pattern can't match: looking for it
is a hundred times cheaper than the pattern, and most records hold none."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced by `[redacted]`."""
    lowered = text.lower()
    for anchors, pattern, replacement in _DETECTORS:
        for anchor in anchors:
            if anchor in lowered:
                text = pattern.sub(replacement, text)
                break
    return text


def arguments_text(arguments: object, secret: frozenset[str]) -> str:
    """The arguments of a call as capped JSON; those named in `secret`, and whatever looks like one, are masked.

    They are as the caller sent them: of any shape, and perhaps with characters that are none.
    """
    if secret and isinstance(arguments, Mapping):
        given = cast("Mapping[str, object]", arguments)
        arguments = {name: "[redacted]" if name in secret else value for name, value in given.items()}
    return capped(json_text(arguments), ARGUMENTS_CAP)


def json_text(value: object) -> str:
    """`value` as compact JSON; half a surrogate pair, which UTF-8 can't say, stays escaped."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), default=str)


def capped(text: str, cap: int) -> str:
    """Redact `text` and cut it at about `cap` characters, saying what was cut."""
    if len(text) <= cap:
        return redact(text)
    return f"{redact(text[: cap + MARGIN])[:-MARGIN][:cap]}... [{len(text) - cap} more characters]"


def secret_arguments(schema: Mapping[str, Any]) -> frozenset[str]:
    """Arguments that hold a secret somewhere: `format: password` or `writeOnly`, in a union or a model inside too."""
    inside: Mapping[str, Any] = schema.get("$defs", {})
    properties: Mapping[str, Any] = schema.get("properties", {})
    return frozenset(name for name, value in properties.items() if _holds_secret(value, inside, set()))


def _holds_secret(value: object, inside: Mapping[str, Any], seen: set[str]) -> bool:
    match value:
        case {"format": "password"} | {"writeOnly": True}:
            return True
        case {"$ref": str(reference)} if reference not in seen:
            return _holds_secret(inside.get(reference.rpartition("/")[2]), inside, seen | {reference})
        case dict():
            return any(_holds_secret(item, inside, seen) for item in cast("dict[str, object]", value).values())
        case list():
            return any(_holds_secret(item, inside, seen) for item in cast("list[object]", value))
        case _:
            return False
