"""How often one person's statement over the same tables failed in a row."""

import time
from collections import OrderedDict

STOP_AFTER = 3
WITHIN = 600.0
"""Seconds; what failed longer ago was another attempt."""
_PEOPLE = 1_000

Family = tuple[str, frozenset[str]]
"""Person and tables: what a model changes from try to try is everything else."""


class Tries:
    """Counts failures, so that a model which guesses in circles is told to ask its person."""

    def __init__(self) -> None:
        self._failed: OrderedDict[Family, list[float]] = OrderedDict()

    def failed(self, family: Family) -> bool:
        """Note a failure; True where it is time to stop."""
        now = time.monotonic()
        recent = [at for at in self._failed.pop(family, []) if now - at < WITHIN]
        self._failed[family] = [*recent, now]
        if len(self._failed) > _PEOPLE:
            self._failed.popitem(last=False)
        return len(recent) + 1 >= STOP_AFTER

    def worked(self, family: Family) -> None:
        self._failed.pop(family, None)
