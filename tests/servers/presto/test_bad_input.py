"""Input that nobody should send: a clear answer, bounded, and nothing left running at the engine."""

import pytest

from platform_core.approval.desk import Desk
from platform_core.testing import connect_as
from servers.presto.server import server
from tests.servers.presto.conftest import History
from tests.servers.presto.visits import outcome

pytestmark = pytest.mark.anyio
LONGEST_ANSWER = 2_000


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT '" + "x" * 1_000_000 + "'", "at most 32000"),
        ("SELECT " + "(" * 10_000 + "1" + ")" * 10_000, "nested too deeply"),
        ("SELECT '\udcff'", "unclosed or means nothing"),
        ("SELECT 1\0", "means nothing"),
        ("WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a", "MISSING_SCHEMA_NAME"),
        ("WITH RECURSIVE n (i) AS (SELECT i FROM n) SELECT * FROM n", "line 1"),
        ("SELECT * FROM nowhere.nothing.none", "CATALOG_NOT_FOUND"),
        ("SELECT * FROM tpch.nothing.none", "SCHEMA_NOT_FOUND"),
        ("SELECT * FROM tpch.tiny.none", "TABLE_NOT_FOUND"),
        ("SELECT 1 LIMIT -1", "line 1"),
        ("SELEC 1", "not SELEC"),
        ("", "There is no statement"),
    ],
    ids=["a megabyte", "depth", "half a character", "a null", "a circle", "endless recursion", "no catalog",
         "no schema", "no table", "a negative limit", "a typing error", "nothing"],
)  # fmt: skip
async def test_a_statement_that_can_not_be_run_is_answered_clearly(
    history: History, desk: Desk, sql: str, said: str
) -> None:
    async with connect_as(server, "ana", desk=desk) as presto:
        text, fields, error = await outcome(presto, "run_query", sql=sql)
    assert error
    assert said in text
    assert len(text) < LONGEST_ANSWER
    assert fields["retryable"] is False
    assert not [query for query in history.of("") if query.user == "ana" and query.state in ("RUNNING", "QUEUED")]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("run_query", {"sql": "SELECT 1", "max_rows": 0}),
        ("run_query", {"sql": "SELECT 1", "max_rows": "credit limit"}),
        ("run_query", {}),
        ("get_query", {"query_id": "../../v1/query"}),
        ("get_query", {"query_id": "q", "cursor": 0}),
        ("get_query", {"query_id": "q", "wait_s": 1e9}),
        ("find_tables", {"words": "x" * 10_000}),
        ("find_tables", {"page": -1}),
        ("get_revenue_metrics", {"metric": "orders", "start": "yesterday", "end": "1995-01-01"}),
        ("get_revenue_metrics", {"metric": "orders", "start": "1995-01-01", "end": "1995-02-01", "grain": "day; DROP"}),
    ],
)
async def test_arguments_that_do_not_fit_are_named_and_nothing_is_sent(
    history: History, desk: Desk, tool: str, arguments: dict[str, object]
) -> None:
    before = len(history.of("SELECT 1"))
    async with connect_as(server, "ada", desk=desk) as presto:
        text, fields, error = await outcome(presto, tool, **arguments)
    assert error
    assert fields["code"] == "invalid"
    assert len(text) < LONGEST_ANSWER
    assert len(history.of("SELECT 1")) == before


async def test_after_three_failures_over_the_same_tables_the_model_is_told_to_stop(
    history: History, desk: Desk
) -> None:
    async with connect_as(server, "ana", desk=desk) as presto:
        said = [
            (await outcome(presto, "run_query", sql=f"SELECT {wrong} FROM tpch.tiny.nation"))[0]  # noqa: S608
            for wrong in ("nme", "nam", "namee")
        ]
        assert [("ask the person" in text) for text in said] == [False, False, True]
        await outcome(presto, "run_query", sql="SELECT name FROM tpch.tiny.nation")
        text, _, _ = await outcome(presto, "run_query", sql="SELECT wrong FROM tpch.tiny.nation")
    assert "ask the person" not in text


async def test_a_name_that_looks_like_a_limit_is_no_limit(history: History, desk: Desk) -> None:
    sql = "SELECT name AS \"limit 5\", 'credit limit 1' FROM tpch.tiny.nation -- LIMIT 1"
    async with connect_as(server, "ana", desk=desk) as presto:
        text, fields, error = await outcome(presto, "run_query", sql=sql, max_rows=7)
    assert not error, text
    assert (len(fields["rows"]), fields["truncated"]) == (7, True)
