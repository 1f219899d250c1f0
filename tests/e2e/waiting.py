"""What every test here needs: to wait for events under one generous bound, and to ask without TLS."""

import ssl
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60.0
"""Seconds after which a test stops waiting and fails; nothing here takes nearly as long."""
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain http: one that reads all certificates of the machine for each of them takes long."""
T = TypeVar("T")


def awaited(look: Callable[[], T], what: str) -> T:
    """What `look` sees, as soon as that is true. Fails where it does not happen."""
    deadline = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)
    return seen
