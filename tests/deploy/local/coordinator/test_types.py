import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.deploy.local.coordinator.wire import Driver, Person

CASES = [
    ("1", "integer", 1),
    ("12345678901", "bigint", 12345678901),
    ("1.10", "decimal(3, 2)", Decimal("1.10")),
    ("DECIMAL '12345678901234567890.12'", "decimal(22, 2)", Decimal("12345678901234567890.12")),
    ("1e0", "double", 1.0),
    ("REAL '0.1'", "real", 0.1),
    ("infinity()", "double", math.inf),
    ("true", "boolean", True),
    ("'it''s ✓'", "varchar(6)", "it's ✓"),
    ("CAST('ab' AS char(5))", "char(5)", "ab   "),
    ("X'00ff'", "varbinary", b"\x00\xff"),
    ("DATE '2020-01-31'", "date", date(2020, 1, 31)),
    ("TIME '10:11:12.123'", "time(3)", time(10, 11, 12, 123000)),
    ("TIMESTAMP '2020-01-31 10:11:12.123456'", "timestamp(6)", datetime(2020, 1, 31, 10, 11, 12, 123456)),
    ("from_unixtime(0)", "timestamp(3) with time zone", datetime(1970, 1, 1, tzinfo=UTC)),
    ("INTERVAL '3' DAY", "INTERVAL DAY TO SECOND", timedelta(days=3)),
    ("UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'", "uuid", UUID("12151fd2-7586-11e9-8f9e-2a86e4085a59")),
    ("JSON '{\"a\":1}'", "json", '{"a":1}'),
    ("ARRAY[DECIMAL '1.5', NULL]", "array(decimal(2, 1))", [Decimal("1.5"), None]),
    ("MAP(ARRAY[DATE '2020-01-01'], ARRAY[X'00'])", "map(date, varbinary)", {date(2020, 1, 1): b"\x00"}),
    ("CAST(ROW(1, 'x') AS ROW(a bigint, b varchar))", "row(a bigint, b varchar)", (1, "x")),
    ("NULL", "unknown", None),
]


@pytest.mark.parametrize(("sql", "type_", "value"), CASES, ids=[case[0] for case in CASES])
def test_a_value_comes_through_the_trino_package_with_its_type(
    trino: Driver, sql: str, type_: str, value: object
) -> None:
    assert (trino.ask(f"SELECT {sql}"), trino.types) == ([[value]], [type_])


def test_whole_numbers_and_dates_stay_what_they_are_however_deep(ana: Person) -> None:
    answer = ana.ask("""
        SELECT 100 / 3 / 2, -7 / 2, sum(nationkey) / 7 / 2, 7 / 2e0,
            DATE '2020-01-31' + INTERVAL '1' MONTH - INTERVAL '1' DAY, date_trunc('month', max(d) + INTERVAL '1' DAY)
        FROM tpch.tiny.nation, (VALUES DATE '2020-01-31') t(d)
    """)
    assert answer["data"] == [[16, -3, 21, 3.5, "2020-02-28", "2020-02-01"]]
    assert [column["type"] for column in answer["columns"]] == [
        "integer",
        "integer",
        "bigint",
        "double",
        "date",
        "date",
    ]


def test_not_a_number_stays_valid_json(ana: Person) -> None:
    assert ana.ask("SELECT nan(), -infinity(), ARRAY[nan()]")["data"] == [["NaN", "-Infinity", ["NaN"]]]


def test_a_sum_too_large_for_a_bigint_is_an_error_and_not_another_number(ana: Person) -> None:
    error = ana.ask("SELECT sum(x) FROM (VALUES 9223372036854775807, 1) t(x)")["error"]
    assert error["errorName"] == "NUMERIC_VALUE_OUT_OF_RANGE"


def test_moments_are_told_in_the_time_zone_of_the_session(ana: Person) -> None:
    ana.http.headers["X-Trino-Time-Zone"] = "Europe/Paris"
    assert ana.ask("SELECT from_unixtime(0)")["data"] == [["1970-01-01 01:00:00.000 Europe/Paris"]]


def test_columns_keep_the_length_and_the_spelling_that_the_statement_gives_them(ana: Person) -> None:
    answer = ana.ask('SELECT Name, max(comment) AS "Last Words", count(*) FROM tpch.tiny.nation GROUP BY Name LIMIT 1')
    assert [f"{column['name']}: {column['type']}" for column in answer["columns"]] == [
        "Name: varchar(25)",
        "Last Words: varchar(152)",
        "_col2: bigint",
    ]
