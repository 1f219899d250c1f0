"""Asking the engine for an estimate, in the words of either family."""

import dataclasses
from typing import Any

from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster
from servers.presto.engine.cost import CHECK, Estimate, Scan, known
from servers.presto.engine.page import QueryFailed
from servers.presto.tables.table import full_name

_BYTES, _ROWS = 1, 4
"""Columns of SHOW STATS: the size of a column's data, and the rows of the table in the last line."""


async def estimate(cluster: Cluster, asker: Asker, text: str) -> Estimate:
    """As `asker`: their row filters and rights are part of the answer."""
    [[told]] = await cluster.rows(asker, text, above=CHECK)
    found = Estimate.read(told)
    if not cluster.estimates_scans:
        scans = [await _by_statistics(cluster, asker, scan) for scan in found.scans]
        return Estimate(scans=tuple(scans))
    return found


async def _by_statistics(cluster: Cluster, asker: Asker, scan: Scan) -> Scan:
    """PrestoDB's plan names tables alone; its statistics have whole tables, whatever the statement filters."""
    table = full_name(scan.table.replace(".0.", ".", 1))  # it calls the schema sf1 of TPC-H sf1.0
    if scan.bytes is not None or table is None:
        return scan
    try:
        stats = await cluster.rows(asker, f"SHOW STATS FOR {table.quoted}")
    except QueryFailed:
        return scan
    rows = known(stats[-1][_ROWS]) if stats else None
    return dataclasses.replace(scan, rows=rows, bytes=None if rows is None else _size(stats[:-1], rows))


def _size(columns: list[list[Any]], rows: float) -> float:
    """Columns of fixed width have no size in the statistics; eight bytes are the widest."""
    sizes = (known(column[_BYTES]) for column in columns)
    return sum(8 * rows if size is None else size for size in sizes)
