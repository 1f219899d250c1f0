"""The guard beside what a real engine does: what is let through has no effect there, statement by statement."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
import yaml

from servers.presto.sql.changing import changes
from servers.presto.sql.reading import read_only
from servers.presto.sql.refused import Refused
from tests.servers.presto.lab.trino import Trino

HERE = Path(__file__).parent
CORPUS: dict[str, list[str]] = yaml.safe_load((HERE / "sql" / "effects.yaml").read_text("utf-8"))
WRITTEN: dict[str, Any] = yaml.safe_load((HERE / "sql" / "statements.yaml").read_text("utf-8"))
TPCH = sorted((HERE.parents[1] / "deploy" / "local" / "coordinator" / "tpch").glob("*.sql"))
FRESH = (
    "DROP TABLE IF EXISTS memory.default.t",
    "DROP TABLE IF EXISTS memory.default.u",
    "DROP VIEW IF EXISTS memory.default.v",
    "DROP FUNCTION IF EXISTS memory.default.f(bigint)",
    "DROP FUNCTION IF EXISTS memory.default.f()",
    "DROP SCHEMA IF EXISTS memory.s",
    "CREATE TABLE memory.default.t AS SELECT BIGINT '1' AS a, CAST('x' AS varchar) AS b",
)
STATE = (
    """
    SELECT table_schema, table_name, column_name, data_type, comment FROM memory.information_schema.columns
    UNION ALL SELECT schema_name, '', '', '', '' FROM memory.information_schema.schemata
    UNION ALL SELECT schema_name, table_name, '', '', comment FROM system.metadata.table_comments
    WHERE catalog_name = 'memory' ORDER BY 1, 2, 3, 4, 5""",
    "SELECT count(*), sum(a) FROM memory.default.t",
    "SHOW FUNCTIONS FROM memory.default",
)
_SESSION = ("set-", "clear-", "added-", "deallocated-", "started-")


class Done(NamedTuple):
    """What the engine made of a statement."""

    rows: list[list[Any]]
    update: str | None
    session: list[str]
    """Headers that a client would keep for its next statements."""
    error: str | None


def _error(page: dict[str, Any]) -> str | None:
    error: dict[str, str] = page.get("error") or {}
    return error.get("errorName")


class AsAdmin:
    """Somebody who may do everything at the engine: nothing but the guard is in the way."""

    def __init__(self, url: str) -> None:
        self._url, self._http = url, requests.Session()
        # Names without a place mean the table that effects are looked for in.
        self._http.headers.update({"X-Trino-User": "admin", "X-Trino-Catalog": "memory", "X-Trino-Schema": "default"})

    def send(self, sql: str) -> Done:
        reply = self._http.post(f"{self._url}/v1/statement", sql.encode(), timeout=60)
        page: dict[str, Any] = reply.json() if reply.ok else {"error": {"errorName": str(reply.status_code)}}
        rows, update, kept = list[list[Any]](), None, set[str]()
        while True:
            rows += page.get("data") or []
            update = page.get("updateType") or update
            said = (name.lower().removeprefix("x-trino-") for name in reply.headers)
            kept |= {name for name in said if name.startswith(_SESSION)}
            if "nextUri" not in page:
                return Done(rows, update, sorted(kept), _error(page))
            reply = self._http.get(page["nextUri"], timeout=60)
            page = reply.json()

    def state(self) -> str:
        """All that a statement of the corpus could change."""
        return json.dumps([self.send(sql)[:1] for sql in STATE])

    def start_over(self) -> str:
        for sql in FRESH:
            assert self.send(sql).error is None, sql
        return self.state()


@pytest.fixture(scope="module")
def admin(trino: Trino) -> Generator[AsAdmin]:
    admin = AsAdmin(trino.http)
    yield admin
    admin.start_over()


def verdict(sql: str) -> str:
    try:
        read_only(sql)
    except Refused as refusal:
        return refusal.rule
    return "reads"


def effects(admin: AsAdmin, statements: list[str]) -> dict[str, tuple[str | None, list[str], bool]]:
    """By statement that had one: the engine's word for it, the headers, whether data or names changed."""
    found: dict[str, tuple[str | None, list[str], bool]] = {}
    failed: list[str] = []
    before = admin.start_over()
    for sql in statements:
        done = admin.send(sql)
        if done.error and not done.session:
            failed.append(sql)
            continue
        after = admin.state()
        if done.session or after != before:
            found[sql] = (done.update, done.session, after != before)
            before = admin.start_over()
    # What the engine turns down changes nothing: looked at once for all of it.
    before = admin.start_over()
    assert all(admin.send(sql).error for sql in failed)
    assert admin.state() == before
    return found


@pytest.mark.real
@pytest.mark.trino
def test_what_the_guard_lets_through_has_no_effect_on_a_real_engine(admin: AsAdmin) -> None:
    reads = [*CORPUS["reads"], *WRITTEN["reads"], *(file.read_text("utf-8").strip().rstrip(";") for file in TPCH)]
    assert {verdict(sql) for sql in reads} == {"reads"}
    before = admin.start_over()
    done = {sql: admin.send(sql) for sql in reads}
    assert [sql for sql, what in done.items() if what.update or what.session] == []
    assert admin.state() == before
    assert [(sql, done[sql].error) for sql in CORPUS["reads"] if done[sql].error] == []


@pytest.mark.real
@pytest.mark.trino
def test_what_really_changes_something_is_refused(admin: AsAdmin) -> None:
    assert set(effects(admin, CORPUS["changes"])) == set(CORPUS["changes"])
    assert [sql for sql in CORPUS["changes"] if verdict(sql) == "reads"] == []


@pytest.mark.real
@pytest.mark.trino
def test_what_is_refused_was_tried_as_well(admin: AsAdmin) -> None:
    """How strict the guard is: of what it refuses, this much would have done something to somebody who may do all."""
    refused = [sql for statements in WRITTEN["refused"].values() for sql in statements]
    found = effects(admin, [*CORPUS["without_effect"], *refused])
    assert set(found).isdisjoint(CORPUS["without_effect"])
    assert {"DROP TABLE t", "CREATE SCHEMA s", "SET TIME ZONE 'UTC'"} <= {*found}
    assert [sql for sql in found if verdict(sql) == "reads"] == []


@pytest.mark.real
@pytest.mark.trino
def test_planning_a_change_has_no_effect(admin: AsAdmin) -> None:
    planned: list[str] = []
    for sql in CORPUS["changes"]:
        try:
            change = changes(sql)
        except Refused:
            continue
        planned += [f"EXPLAIN (TYPE VALIDATE)\n{change.text}"]
        planned += [f"EXPLAIN (TYPE IO, FORMAT JSON)\n{change.reads}"] if change.reads else []
    assert len(planned) > 10
    assert effects(admin, planned) == {}


@pytest.mark.parametrize("kind", ["reads", "changes", "without_effect"])
def test_the_guard_says_the_same_without_an_engine(kind: str) -> None:
    wrong = [sql for sql in CORPUS[kind] if (verdict(sql) == "reads") != (kind == "reads")]
    assert wrong == []


def test_the_whole_corpus_is_as_large_as_promised() -> None:
    refused = [sql for statements in WRITTEN["refused"].values() for sql in statements]
    assert len({*WRITTEN["reads"], *refused, *(sql for kind in CORPUS.values() for sql in kind)}) >= 300
