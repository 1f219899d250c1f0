"""Asking the engine for an estimate, in the words of either family."""

import dataclasses

from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster
from servers.presto.engine.cost import CHECK, Estimate, Scan, rows_and_sizes
from servers.presto.engine.page import QueryFailed
from servers.presto.tables.table import full_name


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
    rows, sizes = rows_and_sizes(stats)
    if rows is None:
        return scan
    # Columns of fixed width have no size in the statistics; eight bytes are the widest.
    size = sum(8 * rows if size is None else size for size in sizes)
    return dataclasses.replace(scan, rows=rows, bytes=size)
