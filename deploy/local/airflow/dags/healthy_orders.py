"""A DAG that works: what the others are compared with."""

import json
from datetime import UTC, datetime

from airflow.sdk import Param, dag, task


@dag(
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["orders", "teaching"],
    default_args={"owner": "data-platform"},
    params={
        "region": Param("emea", type="string", enum=["emea", "apac", "amer"], description="Which region to load."),
        "most_rows": Param(1000, type="integer", minimum=1, maximum=100_000),
    },
)
def healthy_orders():
    """Loads yesterday's orders of one region."""

    @task
    def extract(params: dict | None = None) -> int:
        print(f"reading orders of {params['region']}")
        return 42

    @task
    def load(rows: int) -> None:
        print(json.dumps({"loaded": rows}))

    load(extract())


healthy_orders()
