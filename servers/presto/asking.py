"""What a person is asked before a query that is dear and before a change of data."""

from collections.abc import Mapping, Sequence

from platform_core import Denied, Question
from servers.presto.answers import amount, counted
from servers.presto.engine.cost import Estimate
from servers.presto.session import Presto
from servers.presto.sql.changing import changes
from servers.presto.sql.reading import Reading, read_only

_SHOWN = 5
"""Tables named in a question."""


async def dear_query(sql: str, presto: Presto) -> Question | None:
    """Ask before a query reads more than the operator's threshold, or nobody knows how much."""
    reading = read_only(sql)
    if reading.plan_only:
        return None
    estimate = await presto.estimate(reading)
    if not estimate.above(presto.caps.ask_above_bytes):
        return None
    return Question(
        text=f"Read {amount(estimate.bytes)} for one query?",
        target=", ".join(scan.table for scan in estimate.scans[:_SHOWN]),
        effect=f"The engine estimates {_size(estimate)}.{cheaper(reading, await presto.unpruned(estimate))}",
    )


async def change(sql: str, presto: Presto) -> Question:
    """Ask before every change, with what the table holds now: if that changes, the yes is void."""
    if not presto.caps.writes:
        raise Denied("Changes are switched off on this server; its operator can allow them. Nothing was asked or run.")
    wanted = changes(sql)
    plan = await presto.plan(wanted)
    now = "does not exist yet" if plan.rows is None else f"has {counted(plan.rows, 'row')} now"
    return Question(
        text=f"{wanted.kind} {plan.table}?",
        target=plan.table,
        effect=f"The table {now}. {_reads(plan.estimate)}",
        precondition=f"{plan.table} {now}",
    )


def cheaper(reading: Reading, unpruned: Mapping[str, Sequence[str]]) -> str:
    """What would read less, if we know; `unpruned` are the tables that are read whole, with their partition keys."""
    whole = [f"All partitions of {table} ({', '.join(keys)}) are read." for table, keys in unpruned.items() if keys]
    advice = ["name the columns instead of *"] if "*" in reading.columns else []
    advice += [
        f"filter {table} by {' or '.join(keys) or 'a partition or date column'}" for table, keys in unpruned.items()
    ]
    said = [*whole, *([f"Cheaper: {', '.join(advice)}."] if advice else [])]
    return "".join(f" {sentence}" for sentence in said)


def _size(estimate: Estimate) -> str:
    rows = "an unknown number of rows" if estimate.rows is None else counted(round(estimate.rows), "row")
    filters = sorted({name for scan in estimate.scans for name in scan.filters})
    return f"{rows}, {amount(estimate.bytes)}, {'filtered on ' + ', '.join(filters) if filters else 'no filter helps'}"


def _reads(estimate: Estimate | None) -> str:
    return "What it reads is not estimated." if estimate is None else f"It reads {_size(estimate)}."
