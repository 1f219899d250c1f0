"""Servers name each other's things in one way."""

from platform_core.references import airflow_run, spark_apps_in, trino_queries_in

LINE = "submitted application_1763881200000_0042, query 20261122_231500_00042_kx7pq of app-20261122231500-0001"


def test_what_a_line_names_can_be_asked_about_elsewhere() -> None:
    assert spark_apps_in(LINE) == ["spark:app/application_1763881200000_0042", "spark:app/app-20261122231500-0001"]
    assert trino_queries_in(LINE) == ["trino:query/20261122_231500_00042_kx7pq"]


def test_the_name_of_a_run_holds_whatever_it_is_called() -> None:
    assert airflow_run("a/b", "scheduled__2026-11-22T00:00:00+00:00") == (
        "airflow:run/a%2Fb/scheduled__2026-11-22T00:00:00+00:00"
    )
    assert airflow_run("orders", "", "load") == "airflow:run/orders/load"
