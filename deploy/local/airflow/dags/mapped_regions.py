"""Ten mapped tasks, of which the one with index 7 fails."""

from datetime import UTC, datetime

from airflow.sdk import dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["regions", "teaching"],
    default_args={"owner": "data-platform"},
)
def mapped_regions():
    """Counts the customers of each region."""

    @task
    def count(region: int) -> int:
        if region == 7:
            raise ValueError(f"region {region} has no customers table")
        return region * 10

    @task
    def add_up(counts: list[int]) -> int:
        return sum(counts)

    add_up(count.expand(region=list(range(10))))


mapped_regions()
