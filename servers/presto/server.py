"""What an assistant may do with Presto: choose a table, run one statement as its person, ask before what is dear."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field, WithJsonSchema

from platform_core import Denied, NotFound, Server, authorize_tool, requires_approval, the_call
from servers.presto.answers import Answer, Check, Ended, Metrics, Written
from servers.presto.asking import change, dear_query
from servers.presto.checking import check
from servers.presto.guide import GUIDE, steps
from servers.presto.linking import TEMPLATE, linked, page_of
from servers.presto.metrics.metric import METRICS, Grain
from servers.presto.session import Presto, connect
from servers.presto.sql.changing import changes
from servers.presto.sql.reading import read_only
from servers.presto.tables.browse import browse
from servers.presto.tables.shown import Description, Found

server = Server(__name__)

Words = Annotated[str, Field(max_length=200, description="What the table is about; empty lists what there is.")]
Place = Annotated[str, Field(max_length=300, description="Only in this catalog, schema, or catalog.schema.")]
TableName = Annotated[str, Field(max_length=400, description="catalog.schema.table, or less where that is clear.")]
Sample = Annotated[int, Field(ge=0, le=5)]
Sql = Annotated[
    str, Field(description="One SELECT (WITH, VALUES, TABLE) or EXPLAIN of one; names as catalog.schema.table.")
]
Seconds = Annotated[float | None, Field(ge=1, le=86_400, description="The engine ends the query then.")]
AllRows = Annotated[bool, Field(description="Also link all rows as CSV, for the person to download.")]
MaxRows = Annotated[int, Field(ge=1, le=1000, description="Rows to return at most.")]
QueryId = Annotated[str, Field(max_length=100, pattern=r"^\w+$", description="As `run_query` gave it.")]
Cursor = Annotated[int | None, Field(ge=1, le=1_000_000, description="The page; the next one if not given.")]
Wait = Annotated[float, Field(ge=0, le=40, description="Seconds to wait for rows.")]
Page = Annotated[int, Field(ge=1, le=10_000, description="Which page of a list.")]
Name = Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(METRICS)})]
Until = Annotated[date, Field(description="The day after the last.")]
Dimensions = Annotated[Sequence[str], Field(max_length=5, description="To split by: nation, segment, priority.")]


@server.tool()
@authorize_tool(policy="browse")
async def find_tables(presto: Presto, words: Words = "", within: Place = "", page: Page = 1) -> Found:
    """Find tables by words in their names, columns and comments, or list schemas and their tables.

    Use it before you write SQL: it shows only what the caller may see, the tables people rely on first.
    """
    return browse(await presto.visible(), words, within, page, presto.shared.facts, await presto.used())


@server.tool()
@authorize_tool(policy="browse")
async def describe_table(presto: Presto, table: TableName, sample_rows: Sample = 0) -> Description:
    """Columns, types, comments, partitions and estimated size of one table, and some rows if asked for."""
    if sample_rows and not the_call().may("run_query"):
        raise Denied("Rows are for those who may call `run_query`: ask for none, or for that right.")
    return await presto.describe(table, sample_rows)


@server.tool()
@authorize_tool(policy="browse")
async def check_query(presto: Presto, sql: Sql) -> Check:
    """Tell what a statement is, what it reads by the engine's estimate, and if a person will be asked. Runs nothing.

    A statement that can't run fails with its line, column and the names that were meant.
    """
    return await check(presto, sql)


@server.tool(long=True)
@authorize_tool(policy="query")
@requires_approval(dear_query)
async def run_query(
    presto: Presto, sql: Sql, max_rows: MaxRows = 100, timeout_s: Seconds = None, link: AllRows = False
) -> Answer:
    """Run one read-only query (Trino SQL) as the calling person and return its first rows as CSV.

    The engine checks the statement first; an error tells line and column. The answer says if it was cut:
    aggregate or filter in SQL rather than fetch many rows. After 40 s it answers `running`: ask `get_query`.
    """
    reading = read_only(sql)
    answer = await presto.run(reading, max_rows, timeout_s)
    return await linked(presto, reading, answer) if link else answer


@server.resource("presto://guide", mime_type="text/markdown")
@authorize_tool(policy="browse")
async def guide() -> str:
    """How to write SQL for this engine: one page."""
    return GUIDE


@server.prompt()
@authorize_tool(policy="browse")
async def answer_a_data_question(question: str) -> str:
    """Find the tables, describe, check, run: a question answered with data."""
    return steps(question)


@server.resource(TEMPLATE, mime_type="text/csv")
@authorize_tool(policy="query")
async def rows(ticket: str, page: str) -> str:
    """All rows of a query as CSV, page by page, for the person whom `run_query` gave the link."""
    return await page_of(await connect(), ticket, page)


@server.tool(long=True)
@authorize_tool(policy="query")
async def get_query(presto: Presto, query_id: QueryId, cursor: Cursor = None, wait_s: Wait = 20) -> Answer:
    """How far one of your running queries is, or its next page of rows."""
    return await presto.get(query_id, cursor, wait_s)


@server.tool()
@authorize_tool(policy="query")
async def cancel_query(presto: Presto, query_id: QueryId) -> Ended:
    """End one of your running queries."""
    return await presto.cancel(query_id)


@server.tool(long=True)
@authorize_tool(policy="metrics")
async def get_revenue_metrics(
    presto: Presto, metric: Name, start: date, end: Until, grain: Grain = "month", dimensions: Dimensions = ()
) -> Metrics:  # fmt: skip
    """A named metric over time, by reviewed SQL, with its definition and owner."""
    if (wanted := METRICS.get(metric)) is None:
        raise NotFound(f"There is no metric of that name: {', '.join(sorted(METRICS))}.")
    answer = await presto.run(read_only(wanted.statement(start, end, grain, dimensions)), 1000)
    return Metrics(about=wanted.about, columns=answer.columns, rows=answer.rows, truncated=answer.truncated,
                   query_id=answer.query_id, note=answer.note)  # fmt: skip


@server.tool(long=True)
@authorize_tool(policy="write")
@requires_approval(change)
async def write_table(presto: Presto, sql: Annotated[str, Field(description="One INSERT, DELETE, UPDATE, MERGE or "
                      "CREATE TABLE ... AS SELECT; the table as catalog.schema.table.")]) -> Written:  # fmt: skip
    """Change one table. A person is asked each time, with the target, its rows now and the exact statement."""
    if not presto.caps.writes:
        raise Denied("Changes are switched off on this server.")
    return await presto.write(changes(sql))
