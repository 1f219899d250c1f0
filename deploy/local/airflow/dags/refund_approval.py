"""A task that waits for a person's decision, which is the person's alone."""

from datetime import UTC, datetime

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["refunds", "teaching"],
    default_args={"owner": "finance-analytics"},
)
def refund_approval():
    """Pays a refund after somebody approved it."""

    @task
    def pay() -> None:
        print("paid")

    ApprovalOperator(task_id="approve", subject="Pay the refund of 1,204 EUR?", defaults="Reject") >> pay()


refund_approval()
