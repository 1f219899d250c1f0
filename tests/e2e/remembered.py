"""What the platform remembers of a call: the registry's records and numbers, the proxy's log."""

import json
import sqlite3
from contextlib import closing
from typing import Any

from deploy.local.stack.home import Home
from tests.e2e.waiting import awaited

Row = dict[str, Any]


class Remembered:
    """Reads only."""

    def __init__(self, home: Home) -> None:
        self._database = home.state / "registry" / "registry.db"
        self._access_log = home.state / "gateway" / "access.log"

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Rows of the registry's database."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(sql, values)]

    def calls(self, trace: str) -> list[Row]:
        """The records under one trace, oldest first, as soon as there is one."""
        wanted = "SELECT * FROM invocations WHERE trace_id = ? ORDER BY id"
        return awaited(lambda: self.rows(wanted, trace), "the call is recorded")

    def call(self, trace: str) -> Row:
        """The one record under a trace."""
        [row] = self.calls(trace)
        return row

    def words(self, part: str) -> list[str]:
        """The words of all recorded greetings that have `part` in their word."""
        rows = self.rows("SELECT arguments FROM invocations WHERE tool = 'greet' AND arguments LIKE ?", f"%{part}%")
        return [json.loads(row["arguments"])["word"] for row in rows]

    def access(self, *traces: str) -> list[Row]:
        """The proxy's last line about each of these requests, in their order; it writes them twice a second."""
        return awaited(lambda: self._last_lines(traces), "the proxy has written its log")

    def access_all(self, trace: str) -> list[Row]:
        """All lines of the proxy's log under one trace that are there with the first tool call."""
        return awaited(lambda: self._with_a_call(trace), "the proxy has written its log")

    def _last_lines(self, traces: tuple[str, ...]) -> list[Row]:
        found = {line["trace_id"]: line for line in self._lines(*traces)}
        return [found[trace] for trace in traces] if found.keys() == set(traces) else []

    def _with_a_call(self, trace: str) -> list[Row]:
        found = self._lines(trace)
        return found if any("tool" in line for line in found) else []

    def _lines(self, *traces: str) -> list[Row]:
        lines = [line for line in self._access_log.read_text().splitlines() if any(trace in line for trace in traces)]
        return [json.loads(line) for line in lines if line.endswith("}")]  # the proxy may be in the middle of one
