"""Estimates: what the engine does not know is never taken for cheap."""

import json
from typing import Any

import pytest

from platform_core import Unavailable
from servers.presto.answers import amount
from servers.presto.engine.cost import Estimate, known


def told(*tables: tuple[str, Any, Any], **place: str) -> str:
    return json.dumps(
        {
            "inputTableColumnInfos": [
                {
                    "table": {"catalog": "lake", "schemaTable": {"schema": "web", "table": name} | place},
                    "constraint": {"none": False, "columnConstraints": [{"columnName": "ds"}]},
                    "estimate": {"outputRowCount": rows, "outputSizeInBytes": size},
                }
                for name, rows, size in tables
            ]
        }
    )


def test_the_bytes_of_all_tables_are_added_up() -> None:
    estimate = Estimate.read(told(("a", 10.0, 100.0), ("b", 5.0, 50.5)))
    assert (estimate.rows, estimate.bytes) == (15.0, 150.5)
    assert estimate.scans[0].table == "lake.web.a"
    assert estimate.scans[0].filters == ("ds",)
    assert (estimate.above(150), estimate.above(151)) == (True, False)


@pytest.mark.parametrize("size", ["NaN", "Infinity", "-Infinity", float("inf"), None, "much", -1, [], {}])
def test_what_is_no_finite_size_is_dear(size: Any) -> None:
    assert known(size) is None
    assert Estimate.read(told(("a", 10.0, 100.0), ("b", 5.0, size))).above(1 << 62)


def test_a_table_without_any_estimate_is_dear() -> None:
    plan = json.loads(told(("a", 1.0, 1.0)))
    del plan["inputTableColumnInfos"][0]["estimate"]
    assert Estimate.read(json.dumps(plan)).above(1 << 62)


def test_a_query_of_no_table_costs_nothing() -> None:
    assert not Estimate.read(told()).above(0)


def test_descriptions_of_data_are_no_data() -> None:
    assert not Estimate.read(told(("tables", "NaN", "NaN"), schema="information_schema")).above(0)


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"inputTableColumnInfos": [1]}', "Fragment 0 [SINGLE]"])
def test_an_answer_that_is_no_plan_is_an_error_and_never_cheap(answer: str) -> None:
    with pytest.raises(Unavailable):
        Estimate.read(answer)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1500, "1.5 KB"),
        (2e12, "2 TB"),
        (5e16, "5e+04 TB"),
        (None, "an unknown amount"),
    ],
)
def test_sizes_are_told_as_people_say_them(size: float | None, said: str) -> None:
    assert amount(size) == said
