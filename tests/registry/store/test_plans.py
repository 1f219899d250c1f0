"""No request reads records that it does not show: every statement finds its rows, however many others there are."""

from typing import Any

from sqlalchemy import event

from tests.registry.records import entry
from tests.registry.stage import Registry

TRACE = "0af7651916cd43dd8448eb211c80319c"
GROWING = ("invocations", "invocation_bodies", "turned_away", "audit", "call_references", "day_callers")
"""Tables with a row for each call, refusal or act."""
ASKED = [
    *("/api/catalog", "/api/preflight?server=presto", "/api/validate?server=presto", f"/api/why/{TRACE}"),
    *("/v0.1/servers?search=presto", "/api/me/calls", f"/api/who/{TRACE}", "/api/impact", "/api/audit"),
    *("/api/reviews", "/api/approvals", "/api/notices"),
]
INSIDE = ["/metrics", "/api/invocations?limit=20", f"/api/invocations?trace={TRACE}"]


async def test_no_request_scans_a_table_that_grows_with_use(registry: Registry) -> None:
    await registry.make_live("presto")
    said: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, ___: object, many: bool) -> None:
        said.append((statement, parameters[0] if many else parameters))

    async with registry.parts.database.reading() as connection:
        engine = connection.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        sent = [entry(number, trace_id=TRACE) for number in range(3)]
        (await registry.platform.post("/api/invocations", json=sent)).raise_for_status()
        for login in ("ana", "olu", "tom"):
            for path in ASKED:
                answer = await registry.public.get(path, headers=registry.issuer.headers(login))
                assert answer.status_code in (200, 403, 404), answer.text
        for path in INSIDE:
            (await registry.platform.get(path)).raise_for_status()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert await _scans(registry, said) == []


async def _scans(registry: Registry, said: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Statements that read a growing table from its first row to its last."""
    found: set[tuple[str, str]] = set()
    async with registry.parts.database.reading() as connection:
        for statement, parameters in said:
            if not statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
                continue
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[-1]) for row in plan]
            # In the order of its key and up to a limit is no whole table.
            bounded = " LIMIT " in statement.replace("\n", " ") and not any("TEMP B-TREE" in step for step in steps)
            found |= {(statement, step) for step in steps if _whole(step) and not bounded}
    return sorted(found)


def _whole(step: str) -> bool:
    """Whether a step of a plan goes through everything."""
    return step.startswith("SCAN") and step.split()[1] in GROWING and "INDEX" not in step
