"""What must not be remembered is taken out before a record is written."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

ARGUMENTS_CAP = 4_096
RESULT_CAP = 16_384
"""Characters of a record's arguments and of its body; what is longer is cut and says so."""

_SECRETS = re.compile(
    r"""
      (?P<jwt>eyJ[\w-]{8,}(?:\.[\w-]*){0,2})
    | (?P<key>-----BEGIN[A-Z ]*PRIVATE\ KEY-----.*?(?:-----END[A-Z ]*PRIVATE\ KEY-----|\Z))
    | (?P<cloud>\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bsk-[\w-]{20,})
    | (?i:\b(?P<scheme>bearer|basic)\s+)[\w.~+/=-]{8,}
    | (?P<user>://[^/\s:@"]+:)[^/\s@"]+@
    | (?P<name>(?i:pass(?:word|wd|phrase)?|secret|(?:api|access)[_-]?key|token|credential)s?\\?["']?\s*[:=]\s*\\?["']?)
      [^\s"'\\,;&}{]{3,}
    """,
    re.VERBOSE | re.DOTALL,
)
_encode = msgspec.json.Encoder(enc_hook=str).encode


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced by `[redacted]`."""
    return _SECRETS.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    kept = found["name"] or found["user"] or (f"{found['scheme']} " if found["scheme"] else "")
    return f"{kept}[redacted]" + ("@" if found["user"] else "")


def arguments_text(arguments: Mapping[str, Any], secret: frozenset[str]) -> str:
    """The arguments of a call as capped JSON; those named in `secret`, and whatever looks like one, are masked."""
    shown = {k: "[redacted]" if k in secret else v for k, v in arguments.items()} if secret else arguments
    return capped(_encode(shown).decode(), ARGUMENTS_CAP)


def capped(text: str, cap: int) -> str:
    """Redact `text` and cut it at `cap` characters, saying what was cut."""
    if len(text) <= cap:
        return redact(text)
    return f"{redact(text[:cap])}... [{len(text) - cap} more characters]"
