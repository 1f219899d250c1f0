"""A sensor that waits for a file that nobody delivers."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["delivery", "teaching"],
    default_args={"owner": "data-platform"},
)
def waiting_sensor():
    """Waits for the partner's delivery and loads it."""

    @task.sensor(poke_interval=60, timeout=timedelta(days=7).total_seconds(), mode="reschedule")
    def delivery() -> bool:
        print("no delivery yet")
        return False

    @task
    def load() -> None:
        print("loaded")

    delivery() >> load()


waiting_sensor()
