import pytest

from tests.deploy.local.coordinator.wire import Driver, Person

TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]


def _ask(ana: Person, sql: str) -> list[list[object]]:
    answer = ana.ask(sql)
    assert "error" not in answer
    return answer["data"]


def test_the_catalog_is_browsed_from_the_top_down(ana: Person) -> None:
    assert _ask(ana, "SHOW CATALOGS") == [["memory"], ["system"], ["tpch"]]
    assert _ask(ana, "SHOW CATALOGS LIKE 't%'") == [["tpch"]]
    assert _ask(ana, "SHOW SCHEMAS FROM tpch") == [["information_schema"], ["tiny"]]
    assert _ask(ana, "SHOW TABLES FROM tpch.tiny") == [[table] for table in TABLES]
    assert _ask(ana, 'SHOW TABLES FROM "tpch"."tiny" LIKE \'part%\'') == [["part"], ["partsupp"]]


def test_every_table_and_every_column_has_words(ana: Person) -> None:
    comments = _ask(ana, "SELECT table_name, comment FROM system.metadata.table_comments WHERE catalog_name = 'tpch'")
    said = {str(table): str(comment or "") for table, comment in comments}
    assert all(len(said[table]) > 20 for table in TABLES)
    for table in TABLES:
        assert all(comment for *_, comment in _ask(ana, f"SHOW COLUMNS FROM tpch.tiny.{table}"))


def test_the_information_schema_lists_tables_and_typed_columns(ana: Person) -> None:
    listed = _ask(ana, "SELECT table_name FROM tpch.information_schema.tables WHERE table_schema = 'tiny' ORDER BY 1")
    assert listed == [[table] for table in TABLES]
    columns = """
        SELECT column_name, ordinal_position, is_nullable, data_type FROM tpch.information_schema.columns
        WHERE table_schema = 'tiny' AND table_name = 'nation' ORDER BY ordinal_position
    """
    assert _ask(ana, columns) == [
        ["nationkey", 1, "NO", "bigint"],
        ["name", 2, "NO", "varchar(25)"],
        ["regionkey", 3, "NO", "bigint"],
        ["comment", 4, "NO", "varchar(152)"],
    ]
    assert _ask(ana, "SELECT schema_name FROM memory.information_schema.schemata") == [
        ["default"],
        ["information_schema"],
    ]


def test_column_comments_are_found_where_drivers_look_for_them(ana: Person) -> None:
    [[remarks]] = _ask(
        ana, "SELECT remarks FROM system.jdbc.columns WHERE table_name = 'orders' AND column_name = 'clerk'"
    )
    assert remarks == "Clerk who took the order"


def test_statistics_tell_the_size_of_a_table_without_reading_it(ana: Person) -> None:
    rows = {row[0]: row[1:] for row in _ask(ana, "SHOW STATS FOR tpch.tiny.nation")}
    assert rows["nationkey"] == [None, 25.0, 0.0, None, "0", "24"]
    assert rows["name"] == [177.0, 25.0, 0.0, None, None, None]
    assert rows[None] == [None, None, None, 25.0, None, None]


def test_the_session_fills_in_what_a_name_leaves_out(trino: Driver) -> None:
    assert trino.ask("SELECT count(*) FROM Nation") == [[25]]
    assert trino.ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema") == [[8]]


def test_a_with_query_hides_a_table_only_from_where_it_is_seen(ana: Person) -> None:
    hidden = """
        WITH nation AS (SELECT name FROM tpch.tiny.nation WHERE regionkey = 1), twice AS (SELECT * FROM nation)
        SELECT count(*) FROM twice UNION ALL SELECT count(*) FROM tpch.tiny.nation
    """
    assert sorted(_ask(ana, hidden)) == [[5], [25]]
    assert ana.ask("WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT * FROM a")["error"]["errorName"] == (
        "MISSING_SCHEMA_NAME"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM tpch.tiny.nation, LATERAL read_text('/etc/passwd')",
        "SELECT * FROM TABLE(read_csv('/etc/passwd'))",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM main.duckdb_tables",
        "COPY (SELECT 1) TO '/tmp/stolen'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "PRAGMA database_list",
        "SET threads = 1",
        "SELECT 1; DROP TABLE tpch.tiny.nation",
        "SELECT getenv('HOME')",
    ],
)
def test_no_statement_reaches_beyond_the_catalogs(ana: Person, sql: str) -> None:
    ana.http.headers["X-Trino-Catalog"] = "memory"
    assert ana.ask(sql)["error"]["errorType"] == "USER_ERROR"
