"""What may change something is refused with the reason, before the engine hears of it."""

import pytest

from tests.e2e.edge import Edge
from tests.e2e.engine import Engine
from tests.e2e.remembered import Remembered
from tests.gateway.wire import CURRENT, PREVIOUS

REFUSED = {
    "select 1; select 2": "one statement at a time",
    "select 1; drop table tpch.tiny.nation": "one statement at a time",
    "create table memory.default.t as select 1 as one": "only reads",
    "drop table tpch.tiny.nation": "only reads",
    "insert into tpch.tiny.nation select * from tpch.tiny.nation": "only reads",
    "delete from tpch.tiny.nation": "only reads",
    "/* select */ update tpch.tiny.nation set name = 'x'": "only reads",
    "call system.runtime.kill_query('x')": "only reads",
    "set session query_max_run_time = '1h'": "only reads",
    "explain analyze delete from tpch.tiny.nation": "EXPLAIN ANALYZE runs the statement",
    "explain analyze select 1": "EXPLAIN ANALYZE runs the statement",
    "explain delete from tpch.tiny.nation": "only reads",
    "with session query_max_run_time = '1h' select 1": "WITH SESSION is not allowed",
    "select * from table(system.query(query => 'drop table x'))": "table function",
    "select * from table(pg.system.query('delete from x'))": "table function",
    "": "no statement",
    "select '": "unclosed",
}
both_wires = pytest.mark.parametrize("era", [CURRENT, PREVIOUS])


@both_wires
def test_a_statement_that_may_change_something_is_refused_with_the_reason(edge: Edge, engine: Engine, era: str) -> None:
    before = engine.asked_by("olu")
    answers = {sql: edge.call("run_query", {"sql": sql}, who="olu", era=era).result for sql in REFUSED}
    said = {sql: (answer["isError"], answer["content"][0]["text"]) for sql, answer in answers.items()}
    assert not {sql: text for sql, (failed, text) in said.items() if not (failed and REFUSED[sql] in text)}
    assert engine.asked_by("olu") == before


def test_a_refused_statement_is_remembered_as_a_failed_call(edge: Edge, remembered: Remembered) -> None:
    record = remembered.call(edge.call("run_query", {"sql": "drop table tpch.tiny.nation"}).trace)
    assert (record["outcome"], record["allowed"]) == ("tool_error", 1)
    assert "drop table" in record["arguments"]


def test_the_planners_own_words_come_back(edge: Edge) -> None:
    answer = edge.call("run_query", {"sql": "select nam from tpch.tiny.nation"}).result
    assert answer["isError"]
    assert "Column 'nam' cannot be resolved" in answer["content"][0]["text"]
    assert "line 1, column 8" in answer["content"][0]["text"]


@both_wires
def test_a_long_result_is_cut_at_a_hundred_rows_and_says_so(edge: Edge, era: str) -> None:
    answer = edge.call("run_query", {"sql": "select * from tpch.tiny.orders"}, era=era).result["structuredContent"]
    assert (len(answer["rows"]), answer["truncated"]) == (100, True)
