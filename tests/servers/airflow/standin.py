"""A small HTTP server in Airflow's place: it answers what a test tells it to, as wrongly as told."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from tests.servers.airflow.serving import Quiet, Small, serving

Answer = tuple[int, Any]
"""A status and a body: JSON, or the bytes of a log."""


class StandIn(Small):
    """Answers each path by a function of how often it was asked before."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.answers: dict[str, Callable[[int], Answer]] = {}
        self.asked: list[tuple[str, str, str]] = []
        """Method, path without the query, and the whole of headers and body."""

    def says(self, path: str, *answers: Answer) -> None:
        """The answers in turn; the last one for ever."""
        self.answers[f"/api/v2/{path}"] = lambda times: answers[min(times, len(answers) - 1)]

    def times(self, path: str) -> int:
        return sum(asked == f"/api/v2/{path}" for _, asked, _ in self.asked)


@contextmanager
def stand_in() -> Generator[StandIn]:
    with serving(StandIn()) as server:
        yield server


class _Handler(Quiet):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        path = self.path.partition("?")[0]
        there = cast("StandIn", self.server)
        before = sum(asked == path for _, asked, _ in there.asked)
        there.asked.append((self.command, path, f"{self.path}\n{self.headers}\n{body}"))
        said = there.answers.get(path)
        status, answer = said(before) if said else (404, {"detail": f"{path} was not found"})
        if status == 0:
            self.close_connection = True  # it restarts: the connection just ends
            return
        self._send(status, answer)

    def _send(self, status: int, answer: Any) -> None:
        streams = not isinstance(answer, dict | list)
        self.send_response(status)
        self.send_header("content-type", "application/x-ndjson" if streams else "application/json")
        self.send_header("connection", "close")
        if streams:
            self.end_headers()
            self.wfile.write(cast("bytes", answer))
        else:
            body = json.dumps(answer).encode()
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        self.close_connection = True
