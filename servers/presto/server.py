"""What an assistant may do with Presto: find tables, describe one, run one read-only query."""

from typing import Annotated

from pydantic import Field

from platform_core import Server, authorize_tool
from servers.presto.answers import Answer, Description, Found
from servers.presto.session import Presto
from servers.presto.sql.reading import read_only
from servers.presto.tables.browse import browse

server = Server(__name__)

Words = Annotated[str, Field(max_length=200, description="What the table is about; empty lists what there is.")]
Place = Annotated[str, Field(max_length=300, description="Only in this catalog, schema, or catalog.schema.")]
TableName = Annotated[str, Field(max_length=400, description="catalog.schema.table, or less where that is clear.")]
Sql = Annotated[
    str, Field(description="One SELECT (WITH, VALUES, TABLE) or EXPLAIN of one; names as catalog.schema.table.")
]
MaxRows = Annotated[int, Field(ge=1, le=1000, description="Rows to return at most.")]


@server.tool()
@authorize_tool(policy="browse")
async def find_tables(presto: Presto, words: Words = "", within: Place = "") -> Found:
    """Find tables by words in their names, columns and comments, or list schemas and their tables.

    Use it before you write SQL: it shows only what the caller may see.
    """
    return browse(await presto.visible(), words, within)


@server.tool()
@authorize_tool(policy="browse")
async def describe_table(presto: Presto, table: TableName) -> Description:
    """Columns, types, comments and estimated row count of one table."""
    return await presto.describe(table)


@server.tool(long=True)
@authorize_tool(policy="query")
async def run_query(presto: Presto, sql: Sql, max_rows: MaxRows = 100) -> Answer:
    """Run one read-only query (Trino SQL) as the calling person and return its first rows as CSV.

    The engine checks the statement first; an error tells line and column. The answer says if it was cut:
    aggregate or filter in SQL rather than fetch many rows.
    """
    return await presto.run(read_only(sql), max_rows)
