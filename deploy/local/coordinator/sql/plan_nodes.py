"""DuckDB's plan in the shape that Trino gives to its own."""

from itertools import count
from math import isnan, nan
from typing import Any

from deploy.local.coordinator.sql.plan import Asked, Plan

_NAMES = {
    "READ_PARQUET": "TableScan", "SEQ_SCAN": "TableScan", "PROJECTION": "Project", "FILTER": "Filter",
    "HASH_GROUP_BY": "Aggregate", "PERFECT_HASH_GROUP_BY": "Aggregate", "UNGROUPED_AGGREGATE": "Aggregate",
    "HASH_JOIN": "Join", "NESTED_LOOP_JOIN": "Join", "PIECEWISE_MERGE_JOIN": "Join", "CROSS_PRODUCT": "CrossJoin",
    "TOP_N": "TopN", "ORDER_BY": "Sort", "LIMIT": "Limit", "STREAMING_LIMIT": "Limit", "UNION": "Union",
    "WINDOW": "Window", "UNNEST": "Unnest", "DUMMY_SCAN": "Values", "COLUMN_DATA_SCAN": "Values",
}  # fmt: skip
_ESTIMATE = "Estimated Cardinality"


def as_json(plan: Plan, asked: Asked) -> dict[str, Any]:
    """The plan as EXPLAIN (FORMAT JSON) tells it: one fragment, all of it on this machine."""
    return {"0": _node(_duckdb(plan, asked), count())}


def as_text(plan: Plan, asked: Asked) -> str:
    """The plan as EXPLAIN tells it."""
    outputs = ", ".join(f"{column.name}:{column.type}" for column in plan.columns)
    lines = ["Fragment 0 [SINGLE]", f"    Output layout: [{outputs}]"]
    if plan.target:
        lines.append(f"    TableWriter[table = {plan.target}]")
    return "\n".join([*lines, *_lines(_node(_duckdb(plan, asked), count()), "    ")]) + "\n"


def estimated_rows(plan: Plan, asked: Asked) -> float:
    """How many rows DuckDB expects, or not-a-number; of rows made from values it expects too few."""
    root = _duckdb(plan, asked)
    return nan if _makes_rows(root) else _rows(root)


def _makes_rows(node: dict[str, Any]) -> bool:
    made = node.get("name", "").strip() in ("UNNEST", "INOUT_FUNCTION", "TABLE_SCAN", "GENERATE_SERIES")
    return made or any(_makes_rows(child) for child in node.get("children", []))


def _duckdb(plan: Plan, asked: Asked) -> dict[str, Any]:
    return asked.connection.plan(plan.query) if plan.query else {}


def _rows(node: dict[str, Any]) -> float:
    told = node.get("extra_info", {}).get(_ESTIMATE)
    if told is None:  # a node without an estimate passes on what its only child gives
        return _rows(node["children"][0]) if len(node.get("children", [])) == 1 else nan
    return float(told)


def _node(node: dict[str, Any], ids: "count[int]") -> dict[str, Any]:
    told = node.get("extra_info", {})
    described = {key: value if isinstance(value, str) else ", ".join(value) for key, value in told.items()}
    rows = _rows(node)
    figures = dict.fromkeys(("outputSizeInBytes", "cpuCost", "memoryCost", "networkCost"), "NaN")
    return {
        "id": str(next(ids)),
        "name": _NAMES.get(node.get("name", "").strip(), node.get("name", "Values").strip().title().replace("_", "")),
        "descriptor": {key: value for key, value in described.items() if key not in (_ESTIMATE, "Function")},
        "outputs": [],
        "details": [],
        "estimates": [{"outputRowCount": "NaN" if isnan(rows) else rows, **figures}],
        "children": [_node(child, ids) for child in node.get("children", [])],
    }


def _lines(node: dict[str, Any], indent: str) -> list[str]:
    told = ", ".join(f"{key} = {value}" for key, value in node["descriptor"].items()).replace("\n", " ")
    rows = node["estimates"][0]["outputRowCount"]
    shown = "?" if rows == "NaN" else f"{rows:.0f}"
    below = [line for child in node["children"] for line in _lines(child, f"{indent}   ")]
    return [f"{indent}- {node['name']}[{told}]", f"{indent}    Estimates: {{rows: {shown}}}", *below]
