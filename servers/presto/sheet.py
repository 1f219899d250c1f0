"""Rows on their way out: as many as the caps allow."""

import json
from collections.abc import Sequence
from typing import Any

from platform_core.told import csv_line
from platform_core.untrusted import CAP, CELL_CAP, cleaned
from servers.presto.answers import counted

READ = CAP - 2_000
"""Characters of rows that a model reads: the rest is left for the line of column names."""

Value = str | int | float | bool | None


class Sheet:
    """The rows kept so far. It never grows past `most_rows`, `most_bytes` or the `text` that a model reads."""

    def __init__(self, *, most_rows: int, most_bytes: int, cell: int = CELL_CAP, text: int = READ) -> None:
        self._most_rows, self._cell = most_rows, cell
        self._bytes_left, self._text_left = most_bytes, text
        self.rows: list[str] = []
        self.cut = ""
        """Why no more rows fit; empty as long as they do."""

    def keep(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Keep what fits. False as soon as one row did not: then reading on is of no use."""
        return all(self._keep(row) for row in rows)

    @property
    def note(self) -> str:
        """How many rows these are, and whether they are all."""
        count = counted(len(self.rows), "row")
        return f"{count}, cut {self.cut}" if self.cut else f"{count}, complete"

    def _keep(self, row: Sequence[Any]) -> bool:
        if len(self.rows) == self._most_rows:
            self.cut = f"at {counted(self._most_rows, 'row')}: more exist, so aggregate, filter or raise max_rows"
            return False
        line = csv_line([_value(value, self._cell) for value in row])
        size = len(line.encode()) + len(json.dumps(line, ensure_ascii=False).encode())
        if size > self._bytes_left or len(line) >= self._text_left:
            self.cut = "at the size of one answer: more exist, so select fewer columns, aggregate or filter"
            return False
        self._bytes_left -= size
        self._text_left -= len(line) + 1
        self.rows.append(line)
        return True


def _value(value: Any, cap: int) -> Value:
    """A value as the engine wrote it; what has parts becomes JSON."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return cleaned(text, cap)
