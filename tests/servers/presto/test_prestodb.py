"""PrestoDB: its own headers, no sizes in its plans, and one name for every semantic error."""

import json
from typing import Any

import pytest

from platform_core import Invalid, NotFound
from servers.presto.sql.reading import read_only
from tests.servers.presto.opened import SessionAt
from tests.servers.presto.scripted import Reply, coordinator

pytestmark = pytest.mark.anyio

READING = read_only("SELECT orderkey FROM lake.sales.orders")
PRESTO: dict[str, Any] = {"engine_kind": "presto"}


def answer(*rows: list[Any]) -> Reply:
    columns = [{"name": f"c{number}", "type": "varchar"} for number in range(len(rows[0]))]
    return Reply(fields={"columns": columns, "data": list(rows), "nextUri": None})


def plan() -> Reply:
    table = {"catalog": "lake", "schemaTable": {"schema": "sales", "table": "orders"}}
    return answer(
        [json.dumps({"inputTableColumnInfos": [{"table": table, "columnConstraints": [{"columnName": "ds"}]}]})]
    )


async def test_it_is_spoken_to_in_its_own_headers(session_at: SessionAt) -> None:
    with coordinator(plan(), answer(["x", "NaN", None, None, "NaN"]), answer([1])) as served:
        await session_at(served, **PRESTO).run(READING, 5)
    assert {request.headers["X-Presto-User"] for request in served.seen} == {"ana"}
    assert not [name for request in served.seen for name in request.headers if name.startswith("X-Trino")]


async def test_a_size_comes_from_statistics_where_the_plan_has_none(session_at: SessionAt) -> None:
    stats = [
        ["orderkey", None, None, None, None],
        ["comment", 5000.0, None, None, None],
        [None, None, None, None, 100.0],
    ]
    with coordinator(plan(), answer(*stats)) as served:
        estimate = await session_at(served, **PRESTO).estimate(READING)
    assert served.seen[-1].body == 'SHOW STATS FOR "lake"."sales"."orders"'
    assert (estimate.rows, estimate.bytes) == (100.0, 8 * 100 + 5000)
    assert estimate.scans[0].filters == ("ds",)


@pytest.mark.parametrize("rows", ["NaN", None])
async def test_without_statistics_a_query_is_dear(session_at: SessionAt, rows: object) -> None:
    with coordinator(plan(), answer([None, None, None, None, rows])) as served:
        estimate = await session_at(served, **PRESTO).estimate(READING)
    assert estimate.above(1 << 62)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Table lake.sales.ordres does not exist", NotFound),
        ("Schema lake.sale does not exist", NotFound),
        ("line 1:8: Column 'x' cannot be resolved", Invalid),
        ("line 1:1: mismatched input 'x'", Invalid),
    ],
)
async def test_an_error_is_known_by_its_sentence(session_at: SessionAt, message: str, error: type[Exception]) -> None:
    failure = {"message": message, "errorName": "SYNTAX_ERROR", "errorType": "USER_ERROR"}
    unseen = [Reply(fields={"data": [], "nextUri": None})] * 9
    with coordinator(Reply(fields={"error": failure, "nextUri": None}), *unseen) as served, pytest.raises(error):
        await session_at(served, **PRESTO).estimate(READING)
