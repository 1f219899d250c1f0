"""Rows on their way out: as many as the caps allow."""

import json
from collections.abc import Sequence
from typing import Any

from platform_core.untrusted import CAP, CELL_CAP, cleaned
from servers.presto.answers import Answer, Column, counted, csv_line

_ROOM = 2_000
"""Characters of the text form that are left for its line of column names."""

Value = str | int | float | bool | None


class Sheet:
    """The rows kept so far. It never grows past `most_rows`, `most_bytes` or what one text may hold."""

    def __init__(self, *, most_rows: int, most_bytes: int, cell: int = CELL_CAP) -> None:
        self._most_rows, self._cell = most_rows, cell
        self._bytes_left, self._text_left = most_bytes, CAP - _ROOM
        self._rows: list[list[Value]] = []
        self._cut = ""

    def keep(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Keep what fits. False as soon as one row did not: then reading on is of no use."""
        return all(self._keep(row) for row in rows)

    def answer(self, columns: Sequence[Column], query_id: str) -> Answer:
        """What is kept, as the tool's result."""
        count = counted(len(self._rows), "row")
        note = f"{count}, cut {self._cut}" if self._cut else f"{count}, complete"
        return Answer(
            columns=list(columns),
            rows=self._rows,
            truncated=bool(self._cut),
            query_id=query_id,
            note=f"{note}. Query {query_id}.",
        )

    def _keep(self, row: Sequence[Any]) -> bool:
        if len(self._rows) == self._most_rows:
            self._cut = f"at {counted(self._most_rows, 'row')}: more exist, so aggregate, filter or raise max_rows"
            return False
        values = [_value(value, self._cell) for value in row]
        line = csv_line(values)
        size = len(line.encode()) + len(json.dumps(values, ensure_ascii=False).encode())
        if size > self._bytes_left or len(line) >= self._text_left:
            self._cut = "at the size of one answer: more exist, so select fewer columns, aggregate or filter"
            return False
        self._bytes_left -= size
        self._text_left -= len(line) + 1
        self._rows.append(values)
        return True


def _value(value: Any, cap: int) -> Value:
    """A value as the engine wrote it; what has parts becomes JSON."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return cleaned(text, cap)
