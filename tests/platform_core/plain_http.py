"""HTTP by hand over a unix socket: headers go out as they are written, twice, with blanks, or wrong."""

import contextlib
import http.client
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.platform_core.serving import PATIENCE

Headers = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status_code: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("shop.test", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self._path))


def sent(path: Path, method: str, target: str, *, content: bytes | str = b"", headers: Headers = ()) -> Answer:
    """Send one request to the socket at `path` and read the whole answer."""
    body = content.encode() if isinstance(content, str) else content
    with contextlib.closing(_Connection(path)) as connection:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        if not any(name == "host" for name, _ in headers):
            connection.putheader("host", "shop.test")
        for name, value in [*headers, ("content-length", str(len(body)))]:
            connection.putheader(name, value)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # answered before all of it was read
            connection.endheaders(body)
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read().decode())
