"""How long ago the registry was heard: policies are obeyed on lease, so that no revocation is missed for ever."""

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from platform_core.policy.kept import keep
from platform_core.policy.standing import Lease

WRITE_EVERY = 30.0
"""Seconds between two writes of the moment; a restart may make the lease older by so much, never younger."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def _steady() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _boot() -> str:
    return _BOOT.read_text().strip()


class _Heard(msgspec.Struct, frozen=True):
    """When the registry was heard: by the machine's own clock since it was started, and by the wall clock."""

    boot: str
    steady: float
    wall: float


class LeaseClock:
    """The age of the registry's last word, kept in `file` over restarts.

    Until the machine is started anew it counts by a clock that nobody can step. After that it reads the wall clock, and
    where that makes no sense (no file, a moment that is still to come) the registry counts as never heard.
    """

    def __init__(
        self,
        file: Path,
        *,
        sensitive: float,
        whole: float,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = _steady,
        boot: Callable[[], str] = _boot,
    ) -> None:
        self._file, self._sensitive, self._whole = file, sensitive, whole
        self._wall, self._steady, self._boot = wall, steady, boot()
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
        moment = _Heard(boot=self._boot, steady=self._heard, wall=self._wall())
        keep(self._file, msgspec.json.encode(moment).decode())

    def _kept_age(self) -> float:
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            heard = msgspec.json.decode(self._file.read_bytes(), type=_Heard)
            same_boot = heard.boot == self._boot
            age = self._steady() - heard.steady if same_boot else self._wall() - heard.wall
            return age if age >= 0 else math.inf
        return math.inf
