import math
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from tests.deploy.local.coordinator.wire import Person

SAID: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "trino_476.yaml").read_text("utf-8"))


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["sql"][:80])
def test_a_statement_is_answered_as_trino_answered_it(ana: Person, said: dict[str, Any]) -> None:
    answer = ana.ask(said["sql"])
    if "error" in said:
        assert _error(answer["error"], said) == {key: said[key] for key in ("error", "at", "message") if key in said}
        return
    assert "error" not in answer
    assert [f"{column['name']} {column['type']}" for column in answer.get("columns", [])] == said.get("columns", [])
    assert answer.get("updateType") == said.get("update")
    if "rows" in said:
        assert _close(answer["data"], said["rows"])
    else:
        assert len(answer["data"]) == said["count"]


def _error(error: dict[str, Any], said: dict[str, Any]) -> dict[str, str]:
    found = {"error": error["errorName"]}
    if "errorLocation" in error:
        found["at"] = f"{error['errorLocation']['lineNumber']}:{error['errorLocation']['columnNumber']}"
        assert error["message"].startswith(f"line {found['at']}: ")
    if "message" in said:
        found["message"] = error["message"]
    return found


def _close(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        ours, theirs = cast("list[object]", one), cast("list[object]", other)
        return len(ours) == len(theirs) and all(map(_close, ours, theirs))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other


def test_an_error_has_trinos_shape_and_no_trace_of_the_engine(ana: Person) -> None:
    error = ana.ask("SELECT nme\nFROM tpch.tiny.nation")["error"]
    assert error == {
        "message": "line 1:8: Column 'nme' cannot be resolved",
        "errorCode": 47,
        "errorName": "COLUMN_NOT_FOUND",
        "errorType": "USER_ERROR",
        "errorLocation": {"lineNumber": 1, "columnNumber": 8},
        "failureInfo": {
            "type": "io.trino.spi.TrinoException",
            "message": "line 1:8: Column 'nme' cannot be resolved",
            "suppressed": [],
            "stack": [],
            "errorInfo": {"code": 47, "name": "COLUMN_NOT_FOUND", "type": "USER_ERROR"},
            "errorLocation": {"lineNumber": 1, "columnNumber": 8},
        },
    }
