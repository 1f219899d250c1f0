"""Several people who call all the time, each call with a word of its own, until they are told to stop."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx2

from tests.e2e.edge import Edge
from tests.e2e.waiting import PATIENCE, awaited
from tests.gateway.wire import CURRENT, PREVIOUS, message, mirrored

CALLERS = ("ana", "bo", "ada", "olu")
PACE = 0.01
"""Seconds between two calls of one person: fast enough to be in the middle of something, below the proxy's limit."""


@dataclass
class Load:
    """What became of every call. A word that was answered has to be remembered exactly once."""

    mark: str
    answered: list[str] = field(default_factory=list[str])
    refused: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """When, and with which status; 0 where the connection broke."""
    stop: threading.Event = field(default_factory=threading.Event)

    def goes_on(self, more: int = 20) -> None:
        """Return when `more` further calls have been answered."""
        goal = len(self.answered) + more
        awaited(lambda: len(self.answered) >= goal, f"{more} more calls are answered")

    def fails(self) -> None:
        """Return when a further call has failed."""
        before = len(self.refused)
        awaited(lambda: len(self.refused) > before, "a call fails")

    def caller(self, edge: Edge, login: str) -> None:
        """One person at work."""
        with edge.client(login) as http:
            for number in count():
                if self.stop.wait(PACE):
                    return
                self._greet(http, f"{self.mark}-{login}-{number}", (CURRENT, PREVIOUS)[number % 2])

    def _greet(self, http: httpx2.Client, word: str, era: str) -> None:
        sent = message("tools/call", "greet", era=era, arguments={"word": word})
        try:
            answer = http.post("/mcp/seed", headers=dict(mirrored(sent, era=era)), content=json.dumps(sent))
        except httpx2.TransportError:
            self.refused.append((time.monotonic(), 0))
            return
        if answer.status_code == 200 and word in answer.json()["result"]["structuredContent"]["text"]:
            self.answered.append(word)
        else:
            self.refused.append((time.monotonic(), answer.status_code))


@contextmanager
def load(edge: Edge, mark: str) -> Generator[Load]:
    """Run the load during the block; it is going when the block begins."""
    running = Load(mark)
    callers = [threading.Thread(target=running.caller, args=(edge, login)) for login in CALLERS]
    for login in CALLERS:
        edge.token(login)
    for caller in callers:
        caller.start()
    try:
        running.goes_on()
        yield running
    finally:
        running.stop.set()
        for caller in callers:
            caller.join(PATIENCE)
