"""Several people who call all the time, each call with a word of its own, until they are told to stop."""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx2

from tests.e2e.edge import Edge
from tests.e2e.waiting import PATIENCE, awaited
from tests.gateway.wire import CURRENT, PREVIOUS, Json, message, mirrored

CALLERS = ("ana", "bo", "ada", "olu")
UNINVITED = "carl"
"""Asks for what he may not have, as often as the others for what they may."""
PACE = 0.01
"""Seconds between two calls of one person: fast enough to be in the middle of something, below the proxy's limit."""
NO = (401, 403, 404)
"""What only a verdict says; an outage says something else."""


@dataclass
class Load:
    """What became of every call. A word that was answered has to be remembered exactly once."""

    mark: str
    answered: list[str] = field(default_factory=list[str])
    refused: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """When, and with which status; 0 where the connection broke."""
    cut: list[str] = field(default_factory=list[str])
    """Calls that had been sent and got no answer, and how that showed."""
    wrong: list[str] = field(default_factory=list[str])
    """Verdicts that should have been others."""
    rightly_refused: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def goes_on(self, more: int = 20) -> None:
        """Return when `more` further calls have been answered."""
        goal = len(self.answered) + more
        awaited(lambda: len(self.answered) >= goal, f"{more} more calls are answered")

    def fails(self) -> None:
        """Return when a further call has failed."""
        before = len(self.refused)
        awaited(lambda: len(self.refused) > before, "a call fails")

    def works(self, door: Edge, login: str, call: Callable[[httpx2.Client, str, str], None], *, anew: bool) -> None:
        """One person at work, over one connection or over a new one for each call."""
        http = door.client(login)
        for number in count():
            if self.stop.wait(PACE):
                return http.close()
            if anew:
                http.close()
                http = door.client(login)
            call(http, f"{self.mark}-{login}-{number}", (CURRENT, PREVIOUS)[number % 2])

    def greets(self, http: httpx2.Client, word: str, era: str) -> None:
        """Ask for what everybody may have."""
        answer = self._sent(http, "/mcp/seed", message("tools/call", "greet", era=era, arguments={"word": word}), era)
        if answer is None:
            return
        if answer.status_code == 200 and word in answer.json()["result"]["structuredContent"]["text"]:
            self.answered.append(word)
        else:
            self.refused.append((time.monotonic(), answer.status_code))
            self.wrong += [f"{word}: {answer.text}"] if answer.status_code in (200, *NO) else []

    def intrudes(self, http: httpx2.Client, word: str, era: str) -> None:
        """Ask for what one may not have."""
        answer = self._sent(http, "/mcp/presto", message("tools/call", "find_tables", era=era), era)
        if answer is None:
            return
        if answer.status_code == 403:
            self.rightly_refused += 1
        elif answer.status_code < 500:
            self.wrong.append(f"{word}: {answer.status_code} {answer.text}")

    def _sent(self, http: httpx2.Client, path: str, sent: Json, era: str) -> httpx2.Response | None:
        try:
            return http.post(path, headers=dict(mirrored(sent, era=era)), content=json.dumps(sent))
        except httpx2.TransportError as error:
            self.refused.append((time.monotonic(), 0))
            if not isinstance(error, httpx2.ConnectError):
                self.cut.append(f"{time.monotonic():.3f} {error!r}")
            return None


@contextmanager
def load(door: Edge, mark: str, *, anew: bool = False) -> Generator[Load]:
    """Run the load through `door` during the block; it is going when the block begins."""
    running = Load(mark)
    for login in (*CALLERS, UNINVITED):
        door.token(login)
    work = {login: running.greets for login in CALLERS} | {UNINVITED: running.intrudes}
    people = [
        threading.Thread(target=running.works, args=(door, login, call), kwargs={"anew": anew})
        for login, call in work.items()
    ]
    for person in people:
        person.start()
    try:
        running.goes_on()
        yield running
    finally:
        running.stop.set()
        for person in people:
            person.join(PATIENCE)
