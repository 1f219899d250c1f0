"""Which of the root causes fit a question, and how well: the same for every store."""

import re
from collections.abc import Iterable

import msgspec

from servers.spark.incidents.store import RootCause, Sought

SCANNED = 5_000
"""Records that one question looks at: those of the signature first, then the newest."""
_WORD = re.compile(r"\w{3,}")
pack = msgspec.json.Encoder().encode
unpack = msgspec.json.Decoder(RootCause).decode


def best(found: Iterable[RootCause], sought: Sought, most: int) -> list[RootCause]:
    """Those that fit, best first."""
    asked = set(_WORD.findall(sought.text.lower()))
    scored = [(points, cause) for cause in found if (points := _score(cause, sought, asked))]
    return [cause for _, cause in sorted(scored, key=lambda pair: (-pair[0], -pair[1].recorded_at))[:most]]


def next_version(before: RootCause | None, fresh: RootCause) -> RootCause | None:
    """What is to be kept; None where it says nothing new, because the tool may be called twice."""
    if before is None:
        return msgspec.structs.replace(fresh, version=1)
    said = ("cause", "evidence", "fix", "severity", "thread_url", "groups")
    if all(getattr(before, name) == getattr(fresh, name) for name in said):
        return None
    return msgspec.structs.replace(fresh, version=before.version + 1)


def _score(cause: RootCause, sought: Sought, asked: set[str]) -> int:
    """The same signature says more than the same job, and that more than words."""
    words = " ".join((cause.kind, cause.cause, cause.fix, cause.app_name, cause.app_id)).lower()
    by_words = sum(word in words for word in asked)
    if not (sought.signature or sought.app_name) and asked and by_words < (len(asked) + 1) // 2:
        return 0
    same_signature = sought.signature and cause.signature == sought.signature
    return 100 * bool(same_signature) + 10 * bool(sought.app_name and cause.app_name == sought.app_name) + by_words
