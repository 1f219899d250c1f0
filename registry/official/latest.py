"""Which of a server's versions is the latest: the highest by semver, whatever was published last."""

import re
from collections.abc import Sequence

_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)

Rank = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def latest(published: Sequence[str]) -> str:
    """The one latest of `published`, which stand in the order of publishing and are at least one.

    A version that is no semver is the latest when it is published; the next that is one takes its place.
    """
    found = published[0]
    for version in published[1:]:
        before, after = rank(found), rank(version)
        if before is None or after is None or after >= before:
            found = version
    return found


def rank(version: str) -> Rank | None:
    """Where a semver stands among others, or None for what is no semver."""
    parts = _SEMVER.fullmatch(version)
    if parts is None:
        return None
    major, minor, patch, before = parts.groups()
    identifiers = before.split(".") if before else []
    ranked = tuple((not each.isdigit(), int(each) if each.isdigit() else 0, each) for each in identifiers)
    return int(major), int(minor), int(patch), not identifiers, ranked
