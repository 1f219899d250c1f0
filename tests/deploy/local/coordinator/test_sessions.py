from tests.deploy.local.coordinator.running import RunningCoordinator
from tests.deploy.local.coordinator.wire import Driver, Person


def test_a_query_tells_who_asked_and_that_no_credentials_came_along(coordinator: RunningCoordinator) -> None:
    person = Person(coordinator, "ana", Source="seedbed-presto", Client_Tags="mcp, req=42", **{"Trace-Token": "tr-1"})
    query = person.ask("SELECT current_user")
    assert query["data"] == [["ana"]]
    session = person.described(query["id"]).json()["session"]
    told = {key: session[key] for key in ("user", "originalUser", "principal", "source", "clientTags", "traceToken")}
    assert told == {
        "user": "ana",
        "originalUser": "ana",
        "principal": None,
        "source": "seedbed-presto",
        "clientTags": ["mcp", "req=42"],
        "traceToken": "tr-1",
    }
    assert session["credentialsReceived"] is False
    assert "authorization" not in session["headerNames"]


def test_credentials_are_noticed_and_never_kept(ana: Person) -> None:
    ana.http.headers["Authorization"] = "Bearer very-secret"
    query = ana.ask("SELECT 1")
    described = ana.described(query["id"])
    assert described.json()["session"]["credentialsReceived"] is True
    assert "very-secret" not in described.text


def test_the_history_shows_what_everybody_asked_and_how_it_ended(coordinator: RunningCoordinator) -> None:
    bo = Person(coordinator, "bo", Source="history")
    good, bad = bo.ask("SELECT 1 AS told"), bo.ask("SELECT nme FROM tpch.tiny.nation")
    history = """
        SELECT query_id, state, query, error_type, error_code, created <= "end"
        FROM system.runtime.queries WHERE "user" = 'bo' AND source = 'history' AND state <> 'RUNNING' ORDER BY created
    """
    assert Person(coordinator, "ana").ask(history)["data"] == [
        [good["id"], "FINISHED", "SELECT 1 AS told", None, None, True],
        [bad["id"], "FAILED", "SELECT nme FROM tpch.tiny.nation", "USER_ERROR", "COLUMN_NOT_FOUND", True],
    ]


def test_the_client_keeps_what_set_session_and_use_tell_it(trino: Driver) -> None:
    trino.ask("SET SESSION query_max_run_time = '1h'")
    trino.ask("USE memory.default")
    assert trino.ask("SHOW SESSION LIKE 'query_max_run_time'")[0][:2] == ["query_max_run_time", "1h"]
    assert trino.ask("SELECT current_catalog, current_schema") == [["memory", "default"]]
    trino.ask("RESET SESSION query_max_run_time")
    assert trino.ask("SHOW SESSION LIKE 'query_max_run_time'")[0][1] == "100.00d"


def test_a_property_that_does_not_exist_is_refused_with_every_statement(coordinator: RunningCoordinator) -> None:
    error = Person(coordinator, Session="no_such_property=1").ask("SELECT 1")["error"]
    assert (error["errorName"], error["message"]) == (
        "INVALID_SESSION_PROPERTY",
        "Session property 'no_such_property' does not exist",
    )


def test_parameters_are_values_and_never_sql(trino: Driver) -> None:
    assert trino.ask("SELECT nationkey FROM nation WHERE name = ? AND regionkey < ?", "FRANCE", 5) == [[6]]
    assert trino.ask("SELECT count(*) FROM nation WHERE name = ?", "x' OR '1' = '1") == [[0]]


def test_a_statement_can_be_prepared_by_the_client_and_executed(coordinator: RunningCoordinator) -> None:
    older = Driver(coordinator, legacy_prepared_statements=True)
    assert older.ask("SELECT name FROM nation WHERE nationkey = ?", 6) == [["FRANCE"]]


def test_what_the_client_shall_keep_fits_into_a_header(ana: Person) -> None:
    kept: list[str] = []
    answer = ana.post("PREPARE \"a,b=c\nd\" FROM SELECT 'x\ny'")
    while "nextUri" in answer:
        response = ana.http.get(answer["nextUri"], timeout=60)
        kept += [response.headers["X-Trino-Added-Prepare"]] if "X-Trino-Added-Prepare" in response.headers else []
        answer = response.json()
    assert set(kept) == {"a%2Cb%3Dc%0Ad=SELECT+%27x%0Ay%27"}


def test_the_wrong_number_of_values_is_refused(ana: Person) -> None:
    error = ana.ask("EXECUTE IMMEDIATE 'SELECT ?, ?' USING 1")["error"]
    assert error["message"].endswith("Incorrect number of parameters: expected 2 but found 1")


def test_a_statement_beyond_a_million_characters_is_refused(ana: Person) -> None:
    assert ana.ask(f"SELECT '{'x' * 1_000_001}'")["error"]["errorName"] == "QUERY_TEXT_TOO_LARGE"


def test_a_statement_nested_without_end_is_refused_and_the_engine_lives(ana: Person) -> None:
    assert ana.ask(f"SELECT {'(' * 20_000}1{')' * 20_000}")["error"]["errorName"] == "STACK_OVERFLOW"
    assert ana.ask("SELECT 1")["data"] == [[1]]
