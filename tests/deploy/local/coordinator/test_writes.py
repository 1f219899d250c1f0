from collections.abc import Generator
from typing import Any

import pytest

from tests.deploy.local.coordinator.running import RunningCoordinator
from tests.deploy.local.coordinator.wire import LONG, Person


@pytest.fixture
def writer(coordinator: RunningCoordinator) -> Generator[Person]:
    """Somebody with a schema of the own."""
    person = Person(coordinator, Catalog="memory", Schema="written")
    person.ask("CREATE SCHEMA memory.written")
    yield person
    for [table] in person.ask("SHOW TABLES")["data"]:
        person.ask(f"DROP TABLE {table}")
    person.ask("DROP SCHEMA memory.written")


def _done(answer: dict[str, Any]) -> tuple[Any, ...]:
    assert "error" not in answer
    return answer.get("updateType"), answer.get("updateCount"), answer["data"]


def test_a_table_is_made_of_a_query_and_grows(writer: Person) -> None:
    assert _done(writer.ask("CREATE TABLE n AS SELECT * FROM tpch.tiny.nation")) == ("CREATE TABLE", 25, [[25]])
    assert _done(writer.ask("INSERT INTO n SELECT * FROM n WHERE regionkey = 1")) == ("INSERT", 5, [[5]])
    assert _done(writer.ask("INSERT INTO n (name) VALUES ('ATLANTIS')")) == ("INSERT", 1, [[1]])
    assert writer.ask("SELECT count(*), count(nationkey) FROM n")["data"] == [[31, 30]]
    columns = [row[:2] for row in writer.ask("DESCRIBE n")["data"]]
    assert columns == [
        ["nationkey", "bigint"],
        ["name", "varchar(25)"],
        ["regionkey", "bigint"],
        ["comment", "varchar(152)"],
    ]


def test_a_table_is_made_described_emptied_and_dropped(writer: Person) -> None:
    made = "CREATE TABLE t (a bigint COMMENT 'the a', b varchar(10), c decimal(10,2), d array(bigint)) COMMENT 'tee'"
    assert _done(writer.ask(made)) == ("CREATE TABLE", None, [])
    assert _done(writer.ask("INSERT INTO t VALUES (1, 'x', DECIMAL '1.50', ARRAY[1])")) == ("INSERT", 1, [[1]])
    assert _done(writer.ask("COMMENT ON COLUMN t.b IS 'the b'")) == ("COMMENT", None, [])
    assert writer.ask("DESCRIBE t")["data"] == [
        ["a", "bigint", "", "the a"],
        ["b", "varchar(10)", "", "the b"],
        ["c", "decimal(10,2)", "", ""],
        ["d", "array(bigint)", "", ""],
    ]
    assert writer.ask("SELECT * FROM t")["data"] == [[1, "x", "1.50", [1]]]
    assert _done(writer.ask("TRUNCATE TABLE t")) == ("TRUNCATE TABLE", None, [])
    assert writer.ask("SELECT count(*) FROM t")["data"] == [[0]]
    assert _done(writer.ask("DROP TABLE t")) == ("DROP TABLE", None, [])


def test_a_change_names_itself_before_it_is_done(writer: Person) -> None:
    writer.ask("CREATE TABLE big (a bigint)")
    running = writer.running(f"INSERT INTO big {LONG}")
    assert running["updateType"] == "INSERT"
    writer.status("DELETE", running["nextUri"])
    assert writer.get(running["nextUri"])["error"]["errorName"] == "USER_CANCELED"
    assert writer.ask("SELECT count(*) FROM big")["data"] == [[0]]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("INSERT INTO t VALUES (1)", "TYPE_MISMATCH"),
        ("INSERT INTO t (a) VALUES ('x')", "TYPE_MISMATCH"),
        ("INSERT INTO t (nope) VALUES (1)", "COLUMN_NOT_FOUND"),
        ("INSERT INTO nope VALUES (1)", "TABLE_NOT_FOUND"),
        ("CREATE TABLE t (a bigint)", "TABLE_ALREADY_EXISTS"),
        ("CREATE TABLE t AS SELECT 1 AS a", "TABLE_ALREADY_EXISTS"),
        ("CREATE TABLE u AS SELECT 1", "MISSING_COLUMN_NAME"),
        ("CREATE TABLE u AS SELECT 1 AS a, 2 AS A", "DUPLICATE_COLUMN_NAME"),
        ("CREATE TABLE memory.nope.u (a bigint)", "NOT_FOUND"),
        ("CREATE TABLE nope.nope.u (a bigint)", "CATALOG_NOT_FOUND"),
        ("DROP TABLE u", "TABLE_NOT_FOUND"),
        ("DROP SCHEMA memory.written", "SCHEMA_NOT_EMPTY"),
        ("CREATE SCHEMA memory.written", "SCHEMA_ALREADY_EXISTS"),
        ("UPDATE t SET a = 2", "NOT_SUPPORTED"),
        ("DELETE FROM t", "NOT_SUPPORTED"),
        ("MERGE INTO t USING (VALUES 1) AS s(a) ON t.a = s.a WHEN MATCHED THEN DELETE", "NOT_SUPPORTED"),
        ("INSERT INTO tpch.tiny.nation SELECT * FROM tpch.tiny.nation", "NOT_SUPPORTED"),
        ("CREATE TABLE tpch.tiny.u AS SELECT 1 AS a", "NOT_SUPPORTED"),
        ("DROP TABLE tpch.tiny.nation", "NOT_SUPPORTED"),
        ("TRUNCATE TABLE tpch.tiny.nation", "NOT_SUPPORTED"),
        ("DROP TABLE memory.information_schema.tables", "NOT_SUPPORTED"),
        ("CREATE VIEW v AS SELECT 1 AS a", "NOT_SUPPORTED"),
        ("GRANT SELECT ON t TO bob", "NOT_SUPPORTED"),
        ("CALL system.runtime.kill_query(query_id => 'x', message => 'y')", "NOT_SUPPORTED"),
    ],
)
def test_what_trino_refuses_to_change_is_refused(writer: Person, sql: str, error: str) -> None:
    writer.ask("CREATE TABLE t (a bigint, b varchar)")
    assert writer.ask(sql)["error"]["errorName"] == error


def test_if_exists_and_if_not_exists_are_content_with_what_is(writer: Person) -> None:
    assert _done(writer.ask("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a")) == ("CREATE TABLE", 1, [[1]])
    assert _done(writer.ask("CREATE TABLE IF NOT EXISTS t AS SELECT 2 AS a")) == ("CREATE TABLE", 0, [[0]])
    assert _done(writer.ask("CREATE TABLE IF NOT EXISTS t (a bigint)")) == ("CREATE TABLE", None, [])
    assert _done(writer.ask("CREATE SCHEMA IF NOT EXISTS memory.written")) == ("CREATE SCHEMA", None, [])
    assert _done(writer.ask("DROP TABLE IF EXISTS u")) == ("DROP TABLE", None, [])
    assert _done(writer.ask("DROP SCHEMA IF EXISTS memory.nope")) == ("DROP SCHEMA", None, [])
    assert writer.ask("SELECT a FROM t")["data"] == [[1]]
