"""What may be asked about as a change, and the query that is estimated in its place."""

import pytest

from servers.presto.sql.changing import changes
from servers.presto.sql.refused import Refused

TABLE = ("lake", "sales", "orders")


@pytest.mark.parametrize(
    ("sql", "kind", "reads"),
    [
        ("INSERT INTO lake.sales.orders SELECT * FROM t;", "INSERT", "SELECT * FROM t"),
        ("insert into lake.sales.orders (a, b) values (1, 2)", "INSERT", "values (1, 2)"),
        ("INSERT INTO lake.sales.orders (a) (SELECT 1)", "INSERT", "(SELECT 1)"),
        ("INSERT INTO lake.sales.orders TABLE t", "INSERT", "TABLE t"),
        ("CREATE TABLE lake.sales.orders AS SELECT 1 AS a", "CREATE TABLE AS", "SELECT 1 AS a"),
        (
            "CREATE TABLE IF NOT EXISTS lake.sales.orders (a) WITH (format = 'ORC') AS WITH w AS (SELECT 1) TABLE w",
            "CREATE TABLE AS",
            "WITH w AS (SELECT 1) TABLE w",
        ),
        ("CREATE TABLE lake.sales.orders AS SELECT 1 AS a WITH NO DATA", "CREATE TABLE AS", "SELECT 1 AS a "),
        ("DELETE FROM lake.sales.orders WHERE a = DECIMAL '1.5'", "DELETE",
         "SELECT 1 FROM lake.sales.orders WHERE a = DECIMAL '1.5'"),
        ("UPDATE lake.sales.orders SET a = 1 WHERE b IN (SELECT c FROM t)", "UPDATE", None),
        (
            "MERGE INTO lake.sales.orders t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v "
            "WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.v)",
            "MERGE",
            None,
        ),
    ],
)  # fmt: skip
def test_a_change_of_one_table_is_known_with_the_query_inside_it(sql: str, kind: str, reads: str | None) -> None:
    change = changes(sql)
    assert (change.kind, change.target, change.reads) == (kind, TABLE, reads)
    assert change.text == sql.rstrip(";")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1",
        "DROP TABLE lake.sales.orders",
        "TRUNCATE TABLE lake.sales.orders",
        "ALTER TABLE lake.sales.orders ADD COLUMN c bigint",
        "CREATE TABLE lake.sales.orders (a bigint)",
        "CREATE OR REPLACE TABLE lake.sales.orders AS SELECT 1 AS a",
        "CREATE VIEW lake.sales.orders AS SELECT 1 AS a",
        "CREATE FUNCTION lake.sales.f() RETURNS bigint RETURN 1",
        "INSERT OVERWRITE lake.sales.orders SELECT 1",
        "INSERT INTO orders SELECT 1",
        'INSERT INTO "lake.sales".orders SELECT 1',
        "INSERT INTO lake.sales.orders SELECT 1; DROP TABLE lake.sales.orders",
        "INSERT INTO lake.sales.orders SELECT * FROM TABLE(pg.system.query(query => 'DELETE FROM t'))",
        "INSERT INTO lake.sales.orders WITH FUNCTION f() RETURNS bigint RETURN 1 SELECT f()",
        "WITH SESSION query_max_run_time = '9h' INSERT INTO lake.sales.orders SELECT 1",
        "EXPLAIN ANALYZE INSERT INTO lake.sales.orders SELECT 1",
        "EXECUTE IMMEDIATE 'INSERT INTO lake.sales.orders SELECT 1'",
    ],
)
def test_anything_else_is_refused(sql: str) -> None:
    with pytest.raises(Refused):
        changes(sql)
