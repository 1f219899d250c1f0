"""One thing that was found wrong, and how sure we are."""

from dataclasses import dataclass
from typing import Literal

from servers.spark.findings.catalogue import Entry, catalogue

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding of the catalogue in one application; `said` holds text out of the log."""

    id: str
    said: str
    evidence: tuple[str, ...]
    lost: int
    """Milliseconds of the application's time."""
    confidence: Confidence = "high"
    signature: str = ""
    echoes: tuple[str, ...] = ()
    """What followed from it and is no cause of its own."""
    at: int = 0

    @property
    def entry(self) -> Entry:
        return catalogue()[self.id]


def amount(count: float) -> str:
    """Bytes as people say them."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if count >= 100 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def span(milliseconds: float) -> str:
    """A duration as people say it."""
    seconds = milliseconds / 1000
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
