"""When what happened to a query."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime


class Clock:
    """When a query came to each of its states, by the monotonic clock."""

    def __init__(self) -> None:
        self.created_at = datetime.now(UTC)
        self.created = self.heard = time.monotonic()
        self.dispatched: float | None = None
        self.planning: float | None = None
        self.running: float | None = None
        self.ended: float | None = None
        self._waiting = False

    @contextmanager
    def awaited(self) -> Generator[None]:
        """A client asks, and waits for its answer."""
        self._waiting, self.heard = True, time.monotonic()
        try:
            yield
        finally:
            self._waiting, self.heard = False, time.monotonic()

    def silence(self) -> float:
        """For how long no client has asked, in seconds."""
        return 0.0 if self._waiting else time.monotonic() - self.heard

    def at(self, moment: float | None) -> str | None:
        """A moment as a timestamp with time zone."""
        if moment is None:
            return None
        instant = datetime.fromtimestamp(self.created_at.timestamp() + moment - self.created, UTC)
        return instant.isoformat(" ", "milliseconds")

    def millis(self, since: float | None, until: float | None) -> int:
        """From one moment to another, or to now."""
        return 0 if since is None else int(((until or self.ended or time.monotonic()) - since) * 1000)
