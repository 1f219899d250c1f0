"""A change of data: planned for the question, run after the yes, counted before and after."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_core import began
from servers.presto.answers import Written, counted
from servers.presto.engine.cost import Estimate
from servers.presto.engine.estimating import estimate
from servers.presto.sql.changing import Change
from servers.presto.tables.own import own_rows
from servers.presto.tables.table import Table

if TYPE_CHECKING:
    from servers.presto.session import Session

VALIDATE = "EXPLAIN (TYPE VALIDATE)"
"""Names, types and rights; the only EXPLAIN that creates nothing on Trino 476."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a change would do."""

    table: str
    rows: int | None
    """That the table holds now; None where the change makes it."""
    estimate: Estimate | None


async def planned(session: "Session", change: Change) -> Plan:
    """Have the engine check the statement, count its table and estimate the query inside it."""
    table = _table(change)
    cluster, asker = session.shared.cluster, session.asker
    async with session.asking(table.full_name):
        await cluster.rows(asker, change.text, above=VALIDATE)
        reads = await estimate(cluster, asker, change.reads) if change.reads else None
        rows = None if change.makes_the_table else await _count(session, table)
    return Plan(table=table.full_name, rows=rows, estimate=reads)


async def written(session: "Session", change: Change) -> Written:
    """Run it, once; the engine's id is noted first, so that its end can be looked up whatever happens."""
    table = _table(change)
    async with session.asking(table.full_name, seconds=None):
        before = None if change.makes_the_table else await _count(session, table)
        answer = await session.shared.running.run(session.asker, change.text, 1, writes=True, began=began)
        if answer.status == "running":
            note, after = f"Not ended yet. {answer.note}", None
        else:
            after = await _count(session, table)
            note = f"{change.kind} {table.full_name}: {_told(answer.changed)}. Query {answer.query_id}."
    return Written(
        table=table.full_name, status=answer.status, changed=answer.changed, rows_before=before, rows_after=after,
        query_id=answer.query_id, note=note,
    )  # fmt: skip


async def _count(session: "Session", table: Table) -> int:
    counting = f"SELECT count(*) FROM {table.quoted}"  # noqa: S608  # quoted
    [[count]] = await own_rows(session.shared.cluster, session.asker, counting)
    return int(count)


def _table(change: Change) -> Table:
    catalog, schema, name = change.target
    return Table(catalog=catalog, schema=schema, name=name)


def _told(changed: int | None) -> str:
    return "the engine did not count the rows" if changed is None else f"{counted(changed, 'row')} changed"
