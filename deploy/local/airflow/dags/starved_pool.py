"""Its task wants a slot of a pool that has none."""

from datetime import UTC, datetime

from airflow.sdk import dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["pools", "teaching"],
    default_args={"owner": "finance-analytics"},
)
def starved_pool():
    """Closes the books, one at a time."""

    @task(pool="closed_books")
    def close() -> None:
        print("closed")

    close()


starved_pool()
