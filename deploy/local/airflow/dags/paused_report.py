"""A DAG that somebody paused."""

from datetime import UTC, datetime

from airflow.sdk import dag, task


@dag(
    schedule="@weekly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=True,
    tags=["reports", "teaching"],
    default_args={"owner": "finance-analytics"},
)
def paused_report():
    """Sends the weekly report."""

    @task
    def send() -> None:
        print("sent")

    send()


paused_report()
