"""EXPLAIN: the plan as text or JSON, the tables read with their sizes, or a check alone."""

import json
from collections.abc import Callable
from typing import Any

from deploy.local.coordinator.catalog.system import VERSION
from deploy.local.coordinator.catalog.tables import Column
from deploy.local.coordinator.catalog.types import BOOLEAN, VARCHAR
from deploy.local.coordinator.sql.estimates import inputs_and_outputs
from deploy.local.coordinator.sql.plan import Asked, Batches, Plan, at_once
from deploy.local.coordinator.sql.plan_nodes import as_json, as_text
from deploy.local.coordinator.sql.source import Source
from deploy.local.coordinator.sql.words import Words

_PLANNED = ("SELECT", "WITH", "VALUES", "TABLE", "(", "INSERT", "SHOW", "DESCRIBE", "DESC", "DELETE", "UPDATE", "MERGE")
_QUERY_PLAN = (Column(name="Query Plan", type=VARCHAR),)


def explain(words: Words, asked: Asked, planned: Callable[[Source, Asked], Plan]) -> Plan:
    """Explain the statement that follows, with EXPLAIN taken. Only ANALYZE runs it."""
    analyze = words.skip("ANALYZE")
    words.skip("VERBOSE")
    kind, form = _options(words)
    inner = words.source.inner(words.offset)
    if not inner.tokens:
        raise inner.mismatched(len(inner.text), "<statement>")
    if not _is_planned(inner):  # Trino shows such a statement as it is, and finds any of them valid
        return at_once({"Valid": BOOLEAN}, [(True,)]) if kind == "VALIDATE" else _told(inner.text.strip())
    plan = planned(inner, asked)
    if analyze:
        return _analysed(plan, asked)
    if kind == "VALIDATE":
        return at_once({"Valid": BOOLEAN}, [(True,)])
    if kind == "IO":
        return _told(_json(inputs_and_outputs(plan, asked)))
    return _told(_json(as_json(plan, asked)) if form == "JSON" else f"Trino version: {VERSION}\n{as_text(plan, asked)}")


def _options(words: Words) -> tuple[str, str]:
    kind, form = "DISTRIBUTED", "TEXT"
    if words.skip("("):
        while True:
            if words.need("TYPE", "FORMAT") == "TYPE":
                kind = words.need("DISTRIBUTED", "IO", "LOGICAL", "VALIDATE")
            else:
                form = words.need("GRAPHVIZ", "JSON", "TEXT")
            if words.need(",", ")") == ")":
                break
    return kind, form


def _is_planned(source: Source) -> bool:
    words = [token.text.upper() for token in source.tokens]
    return words[0] in _PLANNED or (words[:2] == ["CREATE", "TABLE"] and "AS" in words)


def _analysed(plan: Plan, asked: Asked) -> Plan:
    """The statement runs, its rows are counted and thrown away."""

    def rows() -> Batches:
        shown = as_text(plan, asked)
        count = sum(len(batch) for batch in plan.rows())
        yield [(f"Trino version: {VERSION}\nOutput: {count} rows\n{shown}",)]

    return Plan(columns=_QUERY_PLAN, rows=rows, update_type=plan.update_type, target=plan.target)


def _told(text: str) -> Plan:
    return at_once({"Query Plan": VARCHAR}, [(text,)])


def _json(told: Any) -> str:
    return json.dumps(told, indent=2, separators=(",", " : "))
