"""A closed loop of HTTP calls over kept connections, and the processor time that the server spends on them."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

_WHOLE_PROCESS = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """One round: server processor time per call in microseconds, wall time per call in milliseconds."""

    cpu_us: float
    p50_ms: float
    p95_ms: float
    calls: int


class _Caller:
    """One connection that sends the next of the requests again and again and checks each answer."""

    def __init__(self, address: tuple[str, int] | str, requests: Iterator[bytes], expect: bytes) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.connect(address)
        self._requests, self._expect, self._buffer, self._sent = requests, expect, b"", 0.0
        self.taken: list[float] = []

    def send(self) -> None:
        self._sent = time.perf_counter()
        self.socket.sendall(next(self._requests))

    def receive(self) -> bool:
        """Read what came; True when an answer is whole."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionError("the server hung up in the middle of a round")
        self._buffer += chunk
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return False
        if not head.startswith(b"HTTP/1.1 200") or self._expect not in body:
            raise AssertionError(f"not the expected answer: {head[:60]!r} {body[:300]!r}")
        self.taken.append(time.perf_counter() - self._sent)
        self._buffer = b""
        return True


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    raise AssertionError(f"an answer without a length: {head[:200]!r}")


def drive(
    address: tuple[str, int] | str, *requests: bytes, expect: bytes, pids: Sequence[int], callers: int, seconds: float
) -> Reading:
    """Keep `callers` calls in flight for `seconds`, of `requests` in turn; `pids` are the processes whose processor
    time is counted."""
    turn = cycle(requests)
    ring = [_Caller(address, turn, expect) for _ in range(callers)]
    with selectors.DefaultSelector() as selector:
        for caller in ring:
            selector.register(caller.socket, selectors.EVENT_READ, caller)
        before, end = cpu(pids), time.perf_counter() + seconds
        for caller in ring:
            caller.send()
        waiting = callers
        while waiting:
            for key, _ in selector.select():
                caller: _Caller = key.data
                if not caller.receive():
                    continue
                if time.perf_counter() < end:
                    caller.send()
                else:
                    waiting -= 1
        spent = cpu(pids) - before
    for caller in ring:
        caller.socket.close()
    taken = sorted(t for caller in ring for t in caller.taken)
    p50, p95 = (taken[int(len(taken) * part)] * 1000 for part in (0.50, 0.95))
    return Reading(spent / len(taken) / 1000, p50, p95, len(taken))


def cpu(pids: Sequence[int]) -> int:
    """Nanoseconds on the processor, of all threads that are there and that were (as `clock_getcpuclockid` has it)."""
    return sum(time.clock_gettime_ns(~pid << 3 | _WHOLE_PROCESS) for pid in pids)
