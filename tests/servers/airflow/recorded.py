"""What a real Airflow 2.11 answered once, answered again; or asked anew and written down."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import httpx2

from tests.servers.airflow.serving import Quiet, Small, serving

ANSWERS = Path(__file__).with_name("earlier_answers.json")
Answer = tuple[int, str, str]
"""Status, type and body."""


class Recorded(Small):
    """Answers what was asked when it was recorded, and nothing else."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        super().__init__(_Handler)
        self.answer = answer
        self.logins: list[str] = []
        """The `Authorization` of each request."""


@contextmanager
def replaying() -> Generator[Recorded]:
    """The answers that are written down."""
    known: dict[str, Answer] = json.loads(ANSWERS.read_text("utf-8"))
    with serving(Recorded(lambda asked, _: known[asked])) as there:
        yield there


@contextmanager
def recording(url: str, scrub: Callable[[str], str]) -> Generator[Recorded]:
    """The answers of the Airflow at `url`, written down without what is its machine's alone."""
    known: dict[str, Answer] = {}

    def ask(asked: str, login: str) -> Answer:
        method, path, accept, body = asked.split(" ", 3)
        headers = {"authorization": login, "accept": accept, "content-type": "application/json"}
        said = httpx2.request(method, f"{url}{path}", headers=headers, content=body, timeout=60, trust_env=False)
        known[asked] = said.status_code, said.headers["content-type"], scrub(said.text)
        return known[asked]

    with serving(Recorded(ask)) as there:
        yield there
    ANSWERS.write_text(json.dumps(dict(sorted(known.items())), indent=0) + "\n", "utf-8")


class _Handler(Quiet):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        there, login = cast("Recorded", self.server), self.headers.get("authorization", "")
        there.logins.append(login)
        status, kind, said = there.answer(f"{self.command} {self.path} {self.headers['accept']} {body}", login)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(said.encode())
