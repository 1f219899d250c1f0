"""What the engine's catalogs hold, as one person may see it; kept for a short while, each person's apart."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

import anyio

from platform_core import Unavailable
from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster
from servers.presto.engine.page import QueryFailed
from servers.presto.tables.own import Rows, literal, own_rows
from servers.presto.tables.table import Table, Visible, quoted

MOST_COLUMNS = 100_000
"""Of one catalog; what has more is searched in part, and said so."""
CATALOG_SECONDS = 12.0
CATALOGS_AT_ONCE = 4
PEOPLE = 64
"""Whose lists are kept at once."""
_INTERNAL = ("system", "jmx")

_COLUMNS = """
SELECT table_schema, table_name, column_name FROM {catalog}.information_schema.columns
WHERE table_schema <> 'information_schema' ORDER BY table_schema, table_name, ordinal_position LIMIT {most}"""
_COMMENTS = """
SELECT schema_name, table_name, comment FROM system.metadata.table_comments
WHERE catalog_name = {catalog} AND comment IS NOT NULL"""
log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """One person's list; whoever asks first fetches it for those who ask meanwhile."""

    fetching: anyio.Lock = field(default_factory=anyio.Lock)
    visible: Visible | None = None
    until: float = 0.0


class Catalogue:
    """Finds out what a person may see by asking the engine as that person."""

    def __init__(self, cluster: Cluster, *, keep_seconds: float) -> None:
        self._cluster, self._keep_seconds = cluster, keep_seconds
        self._kept: dict[str, _Kept] = {}

    async def visible_to(self, asker: Asker) -> Visible:
        """All tables of all catalogs that `asker` may see."""
        kept = self._kept.pop(asker.person, None) or _Kept()
        self._kept[asker.person] = kept
        if len(self._kept) > PEOPLE:
            del self._kept[next(iter(self._kept))]
        async with kept.fetching:
            if kept.visible is None or time.monotonic() >= kept.until:
                kept.visible = await self._read(asker)
                kept.until = time.monotonic() + self._keep_seconds
            return kept.visible

    async def _read(self, asker: Asker) -> Visible:
        shown = await own_rows(self._cluster, asker, "SHOW CATALOGS")
        parts: dict[str, _Part] = {name: _Part() for [name] in shown if name not in _INTERNAL}
        turns = anyio.Semaphore(CATALOGS_AT_ONCE)

        async def read_one(catalog: str) -> None:
            async with turns:
                parts[catalog] = await self._part(asker, catalog)

        async with anyio.create_task_group() as group:
            for catalog in parts:
                group.start_soon(read_one, catalog)
        tables = tuple(table for part in parts.values() for table in part.tables)
        return Visible(tables=tables, unread=tuple(name for name, part in parts.items() if not part.whole))

    async def _part(self, asker: Asker, catalog: str) -> "_Part":
        """One catalog. A slow or broken one must not hide the others."""
        columns = _COLUMNS.format(catalog=quoted(catalog), most=MOST_COLUMNS + 1)
        comments = _COMMENTS.format(catalog=literal(catalog))
        rows: Rows = []
        said: dict[tuple[str, str], str] = {}
        whole = False
        try:
            with anyio.fail_after(CATALOG_SECONDS):
                rows = await own_rows(self._cluster, asker, columns)
                said = {
                    (schema, name): comment for schema, name, comment in await own_rows(self._cluster, asker, comments)
                }
                whole = len(rows) <= MOST_COLUMNS
        except (TimeoutError, QueryFailed, Unavailable) as error:
            log.warning("catalog %s was read in part: %s", catalog, type(error).__name__)
        return _Part(tables=_tables(catalog, rows[:MOST_COLUMNS], said), whole=whole)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What was read of one catalog."""

    tables: tuple[Table, ...] = ()
    whole: bool = False


def _tables(catalog: str, rows: Rows, comments: Mapping[tuple[str, str], str]) -> tuple[Table, ...]:
    """Tables out of the rows of their columns, which stand together."""
    return tuple(
        Table(
            catalog=catalog,
            schema=schema,
            name=name,
            columns=" ".join(row[2] for row in group),
            comment=comments.get((schema, name), ""),
        )
        for (schema, name), group in groupby(rows, key=lambda row: (row[0], row[1]))
    )
