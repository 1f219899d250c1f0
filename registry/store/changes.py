"""Which tables were written to, so that what is kept in memory is read anew exactly when it changed."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

_EVERY = "*"
_WRITTEN = "seedbed_written"
_READS = ("SELECT", "PRAGMA", "BEGIN", "EXPLAIN")


class Changes:
    """Counts of transactions that wrote to each table. The registry is the one process that writes."""

    def __init__(self) -> None:
        self._counts = Counter[str]()

    def of(self, *tables: str) -> int:
        """A number that rises when one of `tables` was written to. Take it before you begin to read."""
        return sum(self._counts[table] for table in (*tables, _EVERY))

    def note(self, tables: set[str]) -> None:
        """A transaction that wrote to `tables` has ended."""
        self._counts.update(tables)


def watch(connection: AsyncConnection, written: set[str]) -> None:
    """Put into `written` what the transaction that begins on `connection` writes to."""
    connection.info[_WRITTEN] = written


def executed(connection: Connection, _: object, statement: str, __: object, context: Any, ___: bool) -> None:
    """Listens to every statement: whose words are not the library's own may have written anywhere."""
    written: set[str] = connection.info.get(_WRITTEN, set())
    if context.isinsert or context.isupdate or context.isdelete:
        written.add(context.compiled.statement.table.name)
    elif (context.compiled is None or context.is_text) and not statement.lstrip().upper().startswith(_READS):
        written.add(_EVERY)
