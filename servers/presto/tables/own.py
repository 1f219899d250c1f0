"""Statements of our own, of which the person sees nothing but the result."""

from typing import Any

from servers.presto.asker import Asker
from servers.presto.engine.cluster import Cluster
from servers.presto.engine.page import QueryFailed

Rows = list[list[Any]]


async def own_rows(cluster: Cluster, asker: Asker, sql: str) -> Rows:
    """All rows of a statement of ours."""
    try:
        return await cluster.rows(asker, sql)
    except QueryFailed as failure:
        failure.place = None  # it would be a place in our text, which nobody wrote
        raise


def literal(value: str) -> str:
    """`value` as a string literal."""
    return "'" + value.replace("'", "''") + "'"
