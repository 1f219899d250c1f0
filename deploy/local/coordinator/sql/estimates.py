"""EXPLAIN (TYPE IO): what a statement reads and writes, estimated from the tables' statistics.

In Trino's shape: what is not known is the text "NaN". The constraints that Trino pushes into a scan stay empty, so the
estimate of a table is always that of reading all of it.
"""

from math import isnan, nan
from typing import Any

from deploy.local.coordinator.catalog.tables import Name, Statistics
from deploy.local.coordinator.sql.plan import Asked, Plan, Scan
from deploy.local.coordinator.sql.plan_nodes import estimated_rows
from deploy.local.coordinator.sql.sizes import bytes_of, statistics_of


def inputs_and_outputs(plan: Plan, asked: Asked) -> dict[str, Any]:
    """The tables that `plan` reads, each with its rows and bytes, and the table that it writes."""
    inputs = [_input(scan, asked) for scan in plan.scans]
    target = {"outputTable": _table(plan.target)} if plan.target else {}
    return {"inputTableColumnInfos": inputs, **target, "estimate": _whole(plan, asked)}


def _input(scan: Scan, asked: Asked) -> dict[str, Any]:
    statistics = statistics_of(scan.name, scan.table, asked)
    rows, size = nan, nan
    if statistics is not None:
        used = [column for column in scan.table.columns if column.name in scan.columns]
        rows, size = statistics.rows, bytes_of(statistics, used)
    constraint: dict[str, Any] = {"none": False, "columnConstraints": []}
    return {"table": _table(scan.name), "constraint": constraint, "estimate": _estimate(rows, size, size, 0.0)}


def _whole(plan: Plan, asked: Asked) -> dict[str, Any]:
    """The estimate of the result; of its cost, where it is more than one scan, nothing is known."""
    if plan.target or any(statistics_of(s.name, s.table, asked) is None for s in plan.scans):
        return _estimate(nan, nan, nan, nan)
    rows = estimated_rows(plan, asked)
    return _estimate(rows, bytes_of(Statistics(rows=rows), plan.columns), nan, nan)


def _estimate(rows: float, size: float, cpu: float, rest: float) -> dict[str, Any]:
    figures = {
        "outputRowCount": rows,
        "outputSizeInBytes": size,
        "cpuCost": cpu,
        "maxMemory": rest,
        "networkCost": rest,
    }
    return {name: "NaN" if isnan(value) else float(value) for name, value in figures.items()}


def _table(name: Name) -> dict[str, Any]:
    return {"catalog": name.catalog, "schemaTable": {"schema": name.schema, "table": name.table}}
