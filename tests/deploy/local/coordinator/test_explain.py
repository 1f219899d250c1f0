import json
from typing import Any

import pytest

from tests.deploy.local.coordinator.wire import Person

JOIN = """
    SELECT r.name, count(*) FROM tpch.tiny.nation n JOIN tpch.tiny.region r ON n.regionkey = r.regionkey GROUP BY r.name
"""


def _io(ana: Person, sql: str) -> dict[str, Any]:
    [[told]] = ana.ask(f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}")["data"]
    return json.loads(told)


def _estimates(told: dict[str, Any]) -> dict[str, tuple[float | str, float | str]]:
    return {
        table["table"]["schemaTable"]["table"]: (
            table["estimate"]["outputRowCount"],
            table["estimate"]["outputSizeInBytes"],
        )
        for table in told["inputTableColumnInfos"]
    }


@pytest.mark.parametrize(
    ("sql", "estimates"),
    [  # rows and bytes as Trino 476 gave them
        ("SELECT * FROM tpch.tiny.nation", {"nation": (25.0, 2734.0)}),
        ("SELECT name FROM tpch.tiny.nation WHERE name = 'FRANCE'", {"nation": (25.0, 302.0)}),
        ("SELECT count(*) FROM tpch.tiny.orders", {"orders": (15000.0, 0.0)}),
        ("SELECT x.name FROM (SELECT * FROM tpch.tiny.nation) x LIMIT 3", {"nation": (25.0, 2734.0)}),
        (JOIN, {"region": (5.0, 104.0), "nation": (25.0, 225.0)}),
        ("SELECT * FROM tpch.information_schema.tables", {"tables": ("NaN", "NaN")}),
        ("SELECT 1", {}),
        ("SELECT * FROM UNNEST(ARRAY[1, 2])", {}),
    ],
)
def test_explain_io_names_the_tables_read_with_their_size(
    ana: Person, sql: str, estimates: dict[str, tuple[float | str, float | str]]
) -> None:
    assert _estimates(_io(ana, sql)) == estimates


def test_explain_io_has_trinos_shape(ana: Person) -> None:
    figures = {
        "outputRowCount": 25.0,
        "outputSizeInBytes": 302.0,
        "cpuCost": 302.0,
        "maxMemory": 0.0,
        "networkCost": 0.0,
    }
    assert _io(ana, "SELECT name FROM tpch.tiny.nation")["inputTableColumnInfos"] == [
        {
            "table": {"catalog": "tpch", "schemaTable": {"schema": "tiny", "table": "nation"}},
            "constraint": {"none": False, "columnConstraints": []},
            "estimate": figures,
        }
    ]


def test_explain_io_of_a_change_names_its_target_and_changes_nothing(ana: Person) -> None:
    ana.ask("DROP TABLE IF EXISTS memory.default.planned")
    told = _io(ana, "CREATE TABLE memory.default.planned AS SELECT * FROM tpch.tiny.nation")
    assert told["outputTable"] == {"catalog": "memory", "schemaTable": {"schema": "default", "table": "planned"}}
    assert set(told["estimate"].values()) == {"NaN"}
    assert ana.ask("SHOW TABLES FROM memory.default LIKE 'planned'")["data"] == []


def test_what_cannot_be_estimated_is_not_a_number(ana: Person) -> None:
    assert _io(ana, "SELECT * FROM UNNEST(ARRAY[1, 2])")["estimate"]["outputRowCount"] == "NaN"


def test_validate_checks_everything_and_runs_nothing(ana: Person) -> None:
    assert ana.ask("EXPLAIN (TYPE VALIDATE)\nSELECT 1 / 0")["data"] == [[True]]
    error = ana.ask("EXPLAIN (TYPE VALIDATE)\nSELECT nme FROM tpch.tiny.nation")["error"]
    assert (error["errorName"], error["errorLocation"]) == ("COLUMN_NOT_FOUND", {"lineNumber": 2, "columnNumber": 8})


def test_the_plan_is_told_as_text_and_as_json(ana: Person) -> None:
    [[text]] = ana.ask("EXPLAIN SELECT sum(totalprice) FROM tpch.tiny.orders")["data"]
    assert "Fragment 0" in text
    assert "TableScan" in text
    [[told]] = ana.ask("EXPLAIN (FORMAT JSON) SELECT sum(totalprice) FROM tpch.tiny.orders")["data"]
    root = json.loads(told)["0"]
    assert set(root) == {"id", "name", "descriptor", "outputs", "details", "estimates", "children"}


def test_explain_analyze_does_what_it_explains(ana: Person) -> None:
    ana.ask("DROP TABLE IF EXISTS memory.default.analysed")
    ana.ask("CREATE TABLE memory.default.analysed AS SELECT 1 AS a")
    answer = ana.ask("EXPLAIN ANALYZE INSERT INTO memory.default.analysed VALUES 2")
    assert (answer["updateType"], [column["name"] for column in answer["columns"]]) == ("INSERT", ["Query Plan"])
    assert ana.ask("SELECT count(*) FROM memory.default.analysed")["data"] == [[2]]


def test_a_statement_that_is_no_query_is_shown_and_not_done(ana: Person) -> None:
    ana.ask("DROP TABLE IF EXISTS memory.default.kept")
    ana.ask("CREATE TABLE memory.default.kept AS SELECT 1 AS a")
    assert ana.ask("EXPLAIN DROP TABLE memory.default.kept")["data"] == [["DROP TABLE memory.default.kept"]]
    assert ana.ask("EXPLAIN (TYPE VALIDATE) DROP TABLE memory.default.kept")["data"] == [[True]]
    assert ana.ask("SELECT a FROM memory.default.kept")["data"] == [[1]]
