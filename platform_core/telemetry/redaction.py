"""What must not be remembered is taken out before a record is written."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

ARGUMENTS_CAP = 4_096
RESULT_CAP = 8_192
"""Characters of a record's arguments and of its body; what is longer is cut and says so."""

_NAMES = r"pass(?:word|wd|phrase)?|secret|(?:api|access|private)[_-]?key|token|credential"
_DETECTORS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = tuple(
    (anchors, re.compile(pattern, flags), replacement)
    for anchors, pattern, flags, replacement in [
        (("eyj",), r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}", 0, "[redacted]"),
        (
            ("private key-----",),
            r"-----BEGIN[A-Z ]*PRIVATE KEY-----.*?(?:-----END[A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
            "[redacted]",
        ),
        (("akia", "asia"), r"\bA(?:KIA|SIA)[0-9A-Z]{16}\b", 0, "[redacted]"),
        (("gho_", "ghp_", "ghr_", "ghs_", "ghu_"), r"\bgh[pousr]_\w{20,}", 0, "[redacted]"),
        (("xox",), r"\bxox[abprs]-[\w-]{10,}", 0, "[redacted]"),
        (("sk-",), r"\bsk-[\w-]{20,}", 0, "[redacted]"),
        (("bearer", "basic"), r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE, r"\1 [redacted]"),
        (("://",), r"(://[^/\s:@\"]*:)[^/\s@\"]+@", 0, r"\1[redacted]@"),
        (
            ("pass", "secret", "key", "token", "credential"),
            rf"((?:{_NAMES})s?\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"'\\,;&}}{{]{{3,}}",
            re.IGNORECASE,
            r"\1[redacted]",
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


def arguments_text(arguments: Mapping[str, Any], secret: frozenset[str]) -> str:
    """The arguments of a call as capped JSON; those named in `secret`, and whatever looks like one, are masked."""
    shown = {k: "[redacted]" if k in secret else v for k, v in arguments.items()} if secret else arguments
    return capped(_encode(shown).decode(), ARGUMENTS_CAP)


def capped(text: str, cap: int) -> str:
    """Redact `text` and cut it at `cap` characters, saying what was cut."""
    if len(text) <= cap:
        return redact(text)
    return f"{redact(text[:cap])}... [{len(text) - cap} more characters]"
