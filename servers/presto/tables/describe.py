"""One table: its columns, its partitions with the latest value, its size, what people know about it."""

import anyio

from platform_core import Unavailable, Untrusted
from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster
from servers.presto.engine.cost import rows_and_sizes
from servers.presto.engine.page import QueryFailed
from servers.presto.sheet import READ, Sheet
from servers.presto.tables.facts import NOTHING, Facts
from servers.presto.tables.own import Rows, literal, own_rows
from servers.presto.tables.shown import DescribedColumn, Description
from servers.presto.tables.table import Table, quoted

EXTRA_SECONDS = 4.0
"""For what makes an answer better and may be missing."""
_KEY = "partition key"
_SAMPLE_CELL = 200
"""Characters of one value of a sample."""
_COMMENT = """
SELECT comment FROM system.metadata.table_comments
WHERE catalog_name = {} AND schema_name = {} AND table_name = {}"""
_TYPE = """
SELECT table_type FROM {}.information_schema.tables WHERE table_schema = {} AND table_name = {}"""


async def describe(cluster: Cluster, asker: Asker, table: Table, facts: Facts, sample: int = 0) -> Description:
    """Everything after the columns is extra: an engine that does not tell it leaves it out."""
    columns = await own_rows(cluster, asker, f"SHOW COLUMNS FROM {table.quoted}")
    where = (literal(table.schema), literal(table.name))
    said = await _extra(cluster, asker, _COMMENT.format(literal(table.catalog), *where))
    stats = await _extra(cluster, asker, f"SHOW STATS FOR {table.quoted}")
    kind = await _extra(cluster, asker, _TYPE.format(quoted(table.catalog), *where))
    view = await _extra(cluster, asker, f"SHOW CREATE VIEW {table.quoted}") if kind == [["VIEW"]] else []
    latest = await _latest(cluster, asker, table, [row[0] for row in columns if row[2] == _KEY])
    rows, sizes = rows_and_sizes(stats)
    return Description(
        table=table.full_name,
        comment=_untrusted(said[0][0]) if said else None,
        facts=facts.get(table.full_name.lower(), NOTHING).words,
        estimated_rows=None if rows is None else round(rows),
        estimated_bytes=sum(told) if (told := [size for size in sizes if size is not None]) else None,
        columns=[
            DescribedColumn(
                name=name, type=kind, comment=_untrusted(comment), partition=extra == _KEY, latest=latest.get(name)
            )
            for name, kind, extra, comment in columns
        ],
        view=_untrusted(view[0][0]) if view else None,
        sample=await _sample(cluster, asker, table, [row[0] for row in columns], sample),
    )


async def partition_keys(cluster: Cluster, asker: Asker, table: Table) -> list[str]:
    """The columns that a query filters by to read less; none where the engine has none or does not tell."""
    return [row[0] for row in await _extra(cluster, asker, f"SHOW COLUMNS FROM {table.quoted}") if row[2] == _KEY]


async def _latest(cluster: Cluster, asker: Asker, table: Table, keys: list[str]) -> dict[str, str | int | None]:
    """The last partition, out of the list of partitions and not of the data."""
    if not keys:
        return {}
    partitions = Table(catalog=table.catalog, schema=table.schema, name=f"{table.name}$partitions")
    newest = ", ".join(f"max({quoted(key)})" for key in keys)
    rows = await _extra(cluster, asker, f"SELECT {newest} FROM {partitions.quoted}")  # noqa: S608  # quoted
    return dict(zip(keys, rows[0], strict=True)) if rows else {}


async def _sample(cluster: Cluster, asker: Asker, table: Table, columns: list[str], rows: int) -> list[str]:
    """A few rows, whichever come first, of the columns that the person may see: masks and filters of theirs hold."""
    if not (rows and columns):
        return []
    names = ", ".join(map(quoted, columns))
    sql = f"SELECT {names} FROM {table.quoted} LIMIT {rows}"  # noqa: S608  # quoted
    sheet = Sheet(most_rows=rows, most_bytes=READ, cell=_SAMPLE_CELL)
    sheet.keep(await _extra(cluster, asker, sql))
    return sheet.rows


async def _extra(cluster: Cluster, asker: Asker, sql: str) -> Rows:
    """The rows of a statement without which the answer is good, too."""
    try:
        with anyio.fail_after(EXTRA_SECONDS):
            return await own_rows(cluster, asker, sql)
    except (TimeoutError, QueryFailed, Unavailable):
        return []


def _untrusted(text: str | None) -> Untrusted | None:
    return Untrusted(text) if text else None
