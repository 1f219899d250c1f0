"""The calls that run right now, and how one is stopped whose right has ended."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec

from platform_core.policy.decide import Decision
from platform_core.recording import Judged

Result = dict[str, Any]


class Stopped(Exception):
    """The call was on its way and may go no further."""

    def __init__(self, why: Decision) -> None:
        super().__init__(why.rule)
        self.why = why


class _Flight(msgspec.Struct, eq=False):
    judged: Judged
    task: asyncio.Task[Any]
    why: Decision | None = None
    """Why it was stopped."""


class InFlight:
    """Calls on their way. A stopped one answers a refusal, whatever its body makes of being cancelled."""

    def __init__(self) -> None:
        self._flights: set[_Flight] = set()

    async def run(self, judged: Judged, onward: Callable[[], Awaitable[Result]]) -> Result:
        """Run `onward` to its end. Raises `Stopped` where it was stopped meanwhile."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        flight, others = _Flight(judged, task), task.cancelling()
        self._flights.add(flight)
        try:
            return await onward()
        finally:
            self._flights.discard(flight)
            if flight.why is not None and task.uncancel() <= others:  # nobody else cancelled it too
                raise Stopped(flight.why) from None

    def judge(self, verdict: Callable[[Judged], Decision | None]) -> None:
        """Stop each call for which `verdict` has a reason."""
        for flight in [flight for flight in self._flights if flight.why is None]:
            flight.why = verdict(flight.judged)
            if flight.why is not None:
                flight.task.cancel()
