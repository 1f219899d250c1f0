"""A small History Server, or anything else with a REST API: it answers what a test lays down and keeps what came."""

import gzip
import io
import json
import threading
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.servers.spark.logs import sample, sample_file

OOM = sample("executor_oom").app_id
START = "2026-11-22T18:35:15.000GMT"


@dataclass
class Api:
    """What it answers: paths below /api/v1 to JSON, bytes or a status; and what it was asked with."""

    answers: dict[str, Any]
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    url: str = ""

    def __or__(self, more: dict[str, Any]) -> "Api":
        return Api(self.answers | more)


@contextmanager
def serving(api: Api) -> Generator[Api]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].removeprefix("/api/v1/")
            api.asked.append({"path": path, "line": self.requestline, **self.headers})
            answer = api.answers.get(path, 404)
            if callable(answer):
                answer = answer(parse_qs(self.path.partition("?")[2]))
            kind = "application/json" if isinstance(answer, dict | list) else "text/plain"
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(answer if isinstance(answer, int) else 200)
            self.send_header("Content-Type", kind)
            if "gzip" in self.headers.get("Accept-Encoding", ""):  # as a History Server does, archives included
                body = gzip.compress(body)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        api.url = f"http://127.0.0.1:{server.server_port}"
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listed(app_id: str, **attempt: Any) -> dict[str, Any]:
    return {"id": app_id, "name": "nightly", "attempts": [{"startTime": START, "sparkUser": "etl"} | attempt]}


def history() -> Api:
    """A History Server with one finished application, whose log it hands out as an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(sample_file("executor_oom"), f"../../{sample_file('executor_oom').name}")
    done = listed(OOM, completed=True, lastUpdated="2026-11-22T18:39:00.000GMT", endTime="2026-11-22T18:38:28.000GMT")
    return Api({"applications": [done], f"applications/{OOM}/logs": packed.getvalue()})
