"""Whom this process speaks to."""

import sys


class Reached:
    """The addresses that this process speaks to, from its making on."""

    def __init__(self) -> None:
        self.addresses: set[object] = set()
        self._open = True
        sys.addaudithook(self._hear)

    def close(self) -> None:
        self._open = False

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._open and event in ("socket.connect", "socket.sendto"):
            self.addresses.add(arguments[1])
