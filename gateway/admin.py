"""Envoy's admin socket: its own counters, and the few orders that end it gently."""

import http.client
import socket
from pathlib import Path
from urllib.parse import quote

SECONDS = 5.0


class AdminGone(Exception):
    """No Envoy answers at this socket."""


class Admin:
    """Talks to one Envoy, whenever there is one. Every method raises `AdminGone` when there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stats(self, pattern: str) -> dict[str, str]:
        """Statistics whose name matches the regular expression `pattern`; texts come without their quotes."""
        _, text = self._ask("GET", f"/stats?filter={quote(pattern)}")
        pairs = (line.split(": ", 1) for line in text.splitlines() if ": " in line)
        return {name: value.strip('"') for name, value in pairs}

    def live(self) -> bool:
        """Envoy says that it has started. That alone proves nothing: see `truth`."""
        return self._ask("GET", "/ready")[0] == http.HTTPStatus.OK

    def order(self, command: str) -> None:
        """Give an order, like `healthcheck/fail`."""
        self._ask("POST", f"/{command}")

    def _ask(self, method: str, target: str) -> tuple[int, str]:
        connection = _OnSocket(self.path)
        try:
            connection.request(method, target)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise AdminGone(f"no Envoy answers at {self.path}: {error}") from error
        finally:
            connection.close()


class _OnSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("admin", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self._path))
