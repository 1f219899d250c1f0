"""A spool that ships without end: batches of 200 records to the registry, so many in a second."""

import http.client
import json
import os
import socket
import sys
import time

from tests.bench.shelves import entry_of

BATCH = 200


class ToSocket(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("registry")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def main() -> None:
    """Ship to the socket given, as often in a second as given; say what each batch took, in milliseconds."""
    path, every = sys.argv[1], 1 / float(sys.argv[2])
    spool = f"ship-{os.getpid()}-@@"
    batch = json.dumps([entry_of(spool, number) for number in range(BATCH)]).encode()
    registry = ToSocket(path)
    for number in range(1_000_000):
        began = time.perf_counter()
        registry.request("POST", "/api/invocations", batch.replace(b"@@", str(number).encode()))
        answer = registry.getresponse()
        taken = json.loads(answer.read())["taken"]
        if taken != BATCH:
            sys.exit(f"of {BATCH} records {taken} were taken")
        spent = time.perf_counter() - began
        print(spent * 1000, flush=True)
        time.sleep(max(0.0, every - spent))


if __name__ == "__main__":
    main()
