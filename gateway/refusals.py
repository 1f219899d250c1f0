"""What Envoy refused by itself, told to the registry: read from the access log, never on the way of a call."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated

import httpx2
from pydantic import AfterValidator, AwareDatetime, BaseModel, ValidationError

from gateway.compile.answers import ANSWERS
from gateway.compile.door import Door
from gateway.compile.replies import fixed
from platform_core.auth.clients import Environment

EVERY = 0.5
"""Seconds between two looks; Envoy itself writes its log twice a second."""
LOOK_BACK = 1024 * 1024
"""Bytes of the log that are read again after a start. The registry takes each refusal once."""
AT_ONCE = 256 * 1024
"""Bytes that are read in one go."""
BATCH = 200
"""Refusals that the registry takes in one go."""
LONGEST_TEXT = 2_000
PENDING = 5_000
"""Refusals that wait while the registry is down; older ones are given up."""

log = logging.getLogger(__name__)


class Line(BaseModel):
    """One line of the access log; what Envoy had no value for is not in it."""

    ts: AwareDatetime
    listener: str
    request_id: str
    status: int
    details: str = ""
    trace_id: str | None = None
    user: str | None = None
    workload: str | None = None
    server: str = ""
    tool: str | None = None
    rule: str = ""
    how_to_ask: str = ""
    suspended: str = ""
    path: str = ""
    host: str = ""


Words = Annotated[str, AfterValidator(lambda text: text[:LONGEST_TEXT])]


class Refusal(BaseModel):
    """One request that Envoy refused, and what it told the caller."""

    id: str
    time: float
    environment: Environment
    trace_id: str | None
    user: Words | None
    workload: Words | None
    server: Words | None
    tool: Words | None
    status: int
    code: str
    rule: Words
    detail: Words
    how_to_ask: Words | None


def refusal(line: Line, doors: Mapping[str, Door]) -> Refusal | None:
    """What `line` says of a refusal; None where a server answered, or nobody was refused."""
    if line.status < 400 or line.details == "via_upstream" or line.listener not in doors:
        return None
    door = doors[line.listener]
    told = next((answer for answer in ANSWERS if answer.fits(line.status, line.details)), None)
    known = fixed(door) | {"ask": line.how_to_ask, "host": line.host, "path": line.path, "suspended": line.suspended}
    known |= {"server": line.server, "rule": line.rule, "details": line.details}
    return Refusal(
        id=line.request_id,
        time=line.ts.timestamp(),
        environment=door.environment,
        trace_id=line.trace_id,
        user=line.user,
        workload=line.workload,
        server=line.server or None,
        tool=line.tool,
        status=line.status,
        code=told.code if told else "refused",
        rule=told.rule.format_map(known) if told else "proxy",
        detail=told.detail.format_map(known) if told else line.details,
        how_to_ask=told.how_to_ask.format_map(known) if told else line.how_to_ask or None,
    )


class Refusals:
    """Follows the access log and posts what it finds; a registry that is down misses at most the oldest."""

    def __init__(self, access_log: Path, doors: Iterable[Door], *, registry: Path) -> None:
        self._tail, self._doors, self._registry = Tail(access_log), {door.name: door for door in doors}, registry
        self._pending: deque[Refusal] = deque(maxlen=PENDING)

    async def run(self) -> None:
        """Follow for ever."""
        transport = httpx2.AsyncHTTPTransport(uds=str(self._registry))
        async with httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=5.0) as client:
            while True:
                self._pending.extend(self._found())
                while self._pending and await self._told(client, list(islice(self._pending, BATCH))):
                    pass
                await asyncio.sleep(EVERY)

    def _found(self) -> Iterator[Refusal]:
        for raw in self._tail.lines():
            try:
                found = refusal(Line.model_validate_json(raw), self._doors)
            except ValidationError:
                continue  # a line that is no request of ours
            if found:
                yield found

    async def _told(self, client: httpx2.AsyncClient, batch: list[Refusal]) -> bool:
        """Whether these need not be told again; the registry takes each of them once."""
        try:
            answer = await client.post("/api/refusals", json=[one.model_dump() for one in batch])
        except httpx2.HTTPError:
            return False  # it is down: they wait
        if answer.is_server_error:
            return False
        if answer.is_error:
            log.error("the registry does not take %d refusals: %d", len(batch), answer.status_code)
        for _ in batch:
            self._pending.popleft()
        return True


class Tail:
    """Whole new lines of a file that another process writes, from shortly before its end on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode: int | None = None
        self._position, self._partial = 0, b""

    def lines(self) -> list[bytes]:
        """What came since the last look, up to a bound."""
        try:
            with open(self._path, "rb") as file:
                self._find_place(file.fileno())
                file.seek(self._position)
                block = file.read(AT_ONCE)
        except FileNotFoundError:
            return []
        self._position += len(block)
        *whole, self._partial = (self._partial + block).split(b"\n")
        return whole

    def _find_place(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if found.st_ino != self._inode:
            behind = found.st_size - LOOK_BACK if self._inode is None else 0
            self._inode, self._position, self._partial = found.st_ino, max(0, behind), b""
        elif found.st_size < self._position:
            self._position, self._partial = 0, b""
