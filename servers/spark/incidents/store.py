"""A root cause as it is kept, and what a store of them can do."""

from typing import Literal, Protocol

import msgspec

Severity = Literal["low", "medium", "high", "critical"]


class RootCause(msgspec.Struct, kw_only=True, frozen=True):
    """One version of one root cause. A later version of the same application and signature supersedes it."""

    id: str
    version: int = 1
    app_id: str
    app_name: str
    signature: str
    kind: str
    cause: str
    evidence: tuple[str, ...]
    fix: str
    severity: Severity
    thread_url: str = ""
    recorded_by: str
    recorded_at: int
    groups: tuple[str, ...]
    """Business groups whose people may read it: those of who recorded it."""


class Sought(msgspec.Struct, kw_only=True, frozen=True):
    """What is looked for; any of it may fit."""

    signature: str = ""
    app_name: str = ""
    text: str = ""


class RootCauses(Protocol):
    """Where root causes are kept. Everything blocks; callers use a thread."""

    def record(self, fresh: RootCause) -> RootCause:
        """Keep it, as the next version where application and signature are known, and return what is kept."""
        ...

    def latest(self, app_id: str, signature: str) -> RootCause | None: ...

    def find(self, sought: Sought, groups: frozenset[str], *, most: int) -> list[RootCause]:
        """The last versions that match any of what is given, best first, of `groups` alone."""
        ...

    def readable(self, groups: frozenset[str] | None, *, most: int) -> list[RootCause]:
        """The last version of every one that `groups` may read, the newest first; None: of all, whoever may."""
        ...


def record_id(app_id: str, signature: str) -> str:
    return f"{app_id}:{signature}"
