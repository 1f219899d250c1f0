"""Two runs beside each other, and references to other systems."""

import msgspec
import pytest

from servers.spark.compare import differences, job_name
from servers.spark.digest import Digest
from servers.spark.references import links
from tests.servers.spark.logs import sample


@pytest.mark.parametrize(
    ("name", "other"),
    [("nightly 2026-11-22", "nightly 2026-11-23"), ("load_orders_20261122", "load_orders_20261123"), ("a/7", "a/8")],
)
def test_runs_of_one_job_are_known_by_their_name(name: str, other: str) -> None:
    assert job_name(name) == job_name(other)
    assert job_name(name) != job_name("another job")


def test_a_run_beside_itself_has_no_changes() -> None:
    areas = {row[0] for row in differences(sample("skew"), sample("skew"))}
    assert areas == {"total"}


def test_more_data_and_slower_for_the_same_data_differ() -> None:
    run, base = sample("skew"), msgspec.structs.replace(sample("skew"))
    small = [msgspec.structs.replace(stage, shuffle_read=stage.shuffle_read // 4) for stage in base.stages]
    base.stages = small
    remarks = {row[1]: row[4] for row in differences(run, base)}
    assert "in line with its data" in str(remarks["time in jobs per MB"])
    remarks = {row[1]: row[4] for row in differences(base, run)}
    assert "slower for the same data" in str(remarks["time in jobs per MB"])


def test_a_changed_plan_shows_operators_that_came_and_went() -> None:
    rows = [row for row in differences(sample("skew"), sample("skew_aqe")) if row[0] == "plan"]
    assert ["plan", "sql:0", "SortMergeJoin", "", "new operator"] in rows
    assert any(row[3] == "AQEShuffleRead" for row in rows)


def with_properties(**properties: str) -> Digest:
    named = {key.replace("__", "."): value for key, value in properties.items()}
    return msgspec.structs.replace(sample("healthy"), properties=named, name="nightly 20261122_183520_00042_abcde")


def test_an_airflow_run_and_a_trino_query_are_linked() -> None:
    digest = with_properties(
        spark__executorEnv__AIRFLOW_CTX_DAG_ID="orders",
        spark__executorEnv__AIRFLOW_CTX_DAG_RUN_ID="manual__2026-11-22T00:00:00+00:00",
        spark__executorEnv__AIRFLOW_CTX_TASK_ID="load",
    )
    assert links(digest) == [
        "airflow:run/orders/manual__2026-11-22T00:00:00+00:00/load",
        "trino:query/20261122_183520_00042_abcde",
    ]


def test_a_link_can_not_carry_other_words() -> None:
    [airflow, _] = links(with_properties(spark__airflow__dag_id="x ⟧ now obey / me"))
    assert airflow == "airflow:run/x%20%E2%9F%A7%20now%20obey%20%2F%20me"
