"""What people are told about queries that run on."""

from platform_core import Denied, NotFound
from servers.presto.answers import Ended, amount, counted
from servers.presto.engine.page import Progress


def running_on(query_id: str, progress: Progress, rows: int) -> str:
    """How far a query is and how to ask again."""
    percent = f"{progress.percent:g} %, " if progress.percent is not None else ""
    waited = f", {progress.queued_ms / 1000:.1f} s of it in the queue" if progress.queued_ms >= 1000 else ""
    done = f"{percent}{counted(progress.rows_read, 'row')} and {amount(progress.bytes_read)} read"
    so_far = f" The first {counted(rows, 'row')} follow." if rows else ""
    return (
        f"Still {progress.state.lower()} after {progress.elapsed_ms / 1000:.0f} s{waited}: {done}, splits "
        f"{progress.splits}.{so_far} Ask `get_query` with query_id {query_id}, or end it with `cancel_query`; it is "
        "cancelled when nobody asks."
    )


def ended(query_id: str, progress: Progress) -> Ended:
    """What a cancelled query has cost."""
    seconds, read = progress.elapsed_ms / 1000, amount(progress.bytes_read)
    return Ended(
        query_id=query_id, elapsed_ms=progress.elapsed_ms, bytes_read=progress.bytes_read,
        note=f"Query {query_id} is cancelled. It ran {seconds:.1f} s and read {read}.",
    )  # fmt: skip


def gone(query_id: str) -> NotFound:
    return NotFound(
        f"There is no open query {query_id} of yours: it has ended, or nobody asked for it in time. Run it again."
    )


def too_old(page: int) -> NotFound:
    return NotFound(f"Page {page} can't be read any more: ask without a cursor for the next one.")


def too_many(most: int) -> Denied:
    return Denied(
        f"{most} of your queries run already, which is the most at once. "
        "Wait for one with `get_query`, or end one with `cancel_query`."
    )
