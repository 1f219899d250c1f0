"""How long ago the registry was heard: policies are obeyed on lease, so that no revocation is missed for ever."""

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import Path

from platform_core.policy.kept import keep
from platform_core.policy.standing import Lease

WRITE_EVERY = 30.0
"""Seconds between two writes of the moment; a restart may make the lease older by so much, never younger."""


def _steady() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LeaseClock:
    """The age of the registry's last word, kept in `file` over restarts.

    A running process counts by a clock that nobody can step. From the file it reads the wall clock, and where that
    makes no sense (no file, a moment that is still to come) the registry counts as never heard.
    """

    def __init__(
        self,
        file: Path,
        *,
        sensitive: float,
        whole: float,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = _steady,
    ) -> None:
        self._file, self._sensitive, self._whole, self._wall, self._steady = file, sensitive, whole, wall, steady
        self._written = -math.inf
        self._heard = steady() - self._kept_age()

    @property
    def age(self) -> float:
        """Seconds since the registry was heard; infinite if it never was."""
        return self._steady() - self._heard

    @property
    def state(self) -> Lease:
        age = self.age
        return "lapsed" if age > self._whole else "stale" if age > self._sensitive else "fresh"

    def heard(self) -> None:
        """The registry said something just now."""
        self._heard = self._steady()
        if self._heard - self._written < WRITE_EVERY:
            return
        self._written = self._heard
        keep(self._file, str(self._wall()))

    def _kept_age(self) -> float:
        with contextlib.suppress(OSError, ValueError):
            age = self._wall() - float(self._file.read_text())
            return age if age >= 0 else math.inf
        return math.inf
