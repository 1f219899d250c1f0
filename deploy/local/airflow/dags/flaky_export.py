"""Fails on its first try and, for another reason, on its second, which is its last."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, get_current_context, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["export", "teaching"],
    default_args={"owner": "ads-engineering"},
)
def flaky_export():
    """Exports the clicks of a day to the partner."""

    @task
    def collect() -> str:
        return "clicks.csv"

    @task(retries=1, retry_delay=timedelta(seconds=1))
    def export(file: str) -> None:
        attempt = get_current_context()["ti"].try_number
        print(f"connecting with password=hunter2 to the partner, attempt {attempt}")
        if attempt == 1:
            raise ConnectionError("the partner's server hung up")
        print("submitted Spark application application_1763881200000_0042")
        print("Trino query 20261122_231500_00042_kx7pq finished")
        rows = {"clicks": 10}
        print(rows["conversions"])

    @task
    def announce() -> None:
        print("exported")

    export(collect()) >> announce()


flaky_export()
