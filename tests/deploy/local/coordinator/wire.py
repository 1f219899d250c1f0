"""Two clients: the statement protocol by hand, and the `trino` package as its users see it."""

from collections.abc import Iterator
from typing import Any

import requests
from trino.dbapi import Connection

from tests.deploy.local.coordinator.running import RunningCoordinator

Answer = dict[str, Any]
LONG = (
    "SELECT count(*) FROM tpch.tiny.lineitem a, tpch.tiny.lineitem b, tpch.tiny.lineitem c WHERE a.tax + b.tax <> c.tax"
)
"""Runs until somebody ends it, as far as a test is concerned."""


class Person:
    """Somebody with an HTTP client."""

    def __init__(self, coordinator: RunningCoordinator, name: str = "ana", **headers: str) -> None:
        self._base = coordinator.url
        self.http = requests.Session()
        given = {"User": name, **{key.replace("_", "-"): value for key, value in headers.items()}}
        self.http.headers.update({f"X-Trino-{key}": value for key, value in given.items()})

    def post(self, sql: str) -> Answer:
        """Send a statement."""
        return self.http.post(f"{self._base}/v1/statement", data=sql.encode(), timeout=60).json()

    def get(self, uri: str) -> Answer:
        """Fetch a page."""
        return self.http.get(uri, timeout=60).json()

    def status(self, method: str, uri: str) -> int:
        """What the server thinks of a request."""
        return self.http.request(method, uri, timeout=60).status_code

    def pages(self, sql: str) -> Iterator[Answer]:
        """All answers to a statement, the first one included."""
        answer = self.post(sql)
        yield answer
        while "nextUri" in answer:
            answer = self.get(answer["nextUri"])
            yield answer

    def ask(self, sql: str) -> Answer:
        """All of a statement as one answer, with the headers that came by."""
        whole: Answer = {"data": []}
        for page in self.pages(sql):
            rows = page.pop("data", [])
            whole |= page
            whole["data"] += rows
        return whole

    def running(self, sql: str = LONG) -> Answer:
        """The first answer that says the statement runs."""
        for page in self.pages(sql):
            if page["stats"]["state"] == "RUNNING":
                return page
            assert "error" not in page, page["error"]
        raise AssertionError(f"it ended before anybody saw it run: {sql}")

    def described(self, query_id: str) -> requests.Response:
        """What the server says of a query."""
        return self.http.get(f"{self._base}/v1/query/{query_id}", timeout=60)


class Driver:
    """The `trino` package, its untyped face turned away."""

    def __init__(self, coordinator: RunningCoordinator, **settings: Any) -> None:
        self.connection: Any = Connection(
            "127.0.0.1", coordinator.port, "ana", catalog="tpch", schema="tiny", **settings
        )
        self.types: list[str] = []

    def ask(self, sql: str, *values: object, **reading: object) -> list[list[Any]]:
        """All rows of a statement with `values` for its question marks; their types stay behind."""
        cursor = self.connection.cursor(**reading)
        rows = cursor.execute(sql, values or None).fetchall()
        self.types = [column[1] for column in cursor.description or ()]
        return rows
