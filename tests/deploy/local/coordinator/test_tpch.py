import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.local.coordinator.wire import Driver

QUERIES = sorted((Path(__file__).parent / "tpch").glob("*.sql"))
ANSWERS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "tpch.yaml").read_text("utf-8"))


def test_all_twenty_two_queries_are_here() -> None:
    assert [query.stem for query in QUERIES] == [f"q{number:02}" for number in range(1, 23)]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_a_tpch_query_answers_as_trino_did(trino: Driver, query: Path) -> None:
    rows = trino.ask(query.read_text("utf-8"), legacy_primitive_types=True)
    answer = ANSWERS[query.stem]
    assert len(rows) == answer["count"]
    assert all(map(_close, rows[0], answer["first"]))


def _close(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other
