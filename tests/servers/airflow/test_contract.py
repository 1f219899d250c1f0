"""Every field of Airflow's that is used is promised by the running server's own description."""

from typing import Any

import httpx2
import msgspec
import pytest

from servers.airflow import shapes
from tests.servers.airflow.itself import Local

pytestmark = [pytest.mark.real, pytest.mark.airflow]

SCHEMAS = {
    shapes.Dag: "DAGResponse",
    shapes.DagDetails: "DAGDetailsResponse",
    shapes.Run: "DAGRunResponse",
    shapes.TaskInstance: "TaskInstanceResponse",
    shapes.Task: "TaskResponse",
    shapes.Pool: "PoolResponse",
    shapes.ImportFailure: "ImportErrorResponse",
    shapes.Hitl: "HITLDetail",
    shapes.AssetEvent: "AssetEventResponse",
    shapes.Dags: "DAGCollectionResponse",
    shapes.Runs: "DAGRunCollectionResponse",
    shapes.TaskInstances: "TaskInstanceCollectionResponse",
    shapes.Tasks: "TaskCollectionResponse",
    shapes.Pools: "PoolCollectionResponse",
    shapes.ImportFailures: "ImportErrorCollectionResponse",
    shapes.Hitls: "HITLDetailCollection",
    shapes.AssetEvents: "AssetEventCollectionResponse",
    shapes.Source: "DAGSourceResponse",
    shapes.DagVersion: "DagVersionResponse",
    shapes.HitlTask: "TaskInstanceResponse",
    shapes.Health: "HealthInfoResponse",
    shapes.Health.Part: "SchedulerInfoResponse",
}
UNDESCRIBED = {shapes.Param}
"""What Airflow's own description has as any object; the real answers are read by `test_on_airflow.py`."""
TASK = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}"
PATHS: dict[tuple[str, str], set[str]] = {
    ("get", "/api/v2/dags"): {"limit", "offset", "order_by", "paused", "last_dag_run_state", "tags", "dag_id_pattern"},
    ("get", "/api/v2/dags/{dag_id}/dagRuns"): {"limit", "offset", "order_by", "state", "run_after_gte"},
    ("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"): {"limit", "state", "task_id"},
    ("get", f"{TASK}/logs/{{try_number}}"): {"map_index"},
    ("get", "/api/v2/assets/events"): {"source_dag_id", "limit"},
    ("get", "/api/v2/importErrors"): {"limit", "offset", "order_by"},
    ("get", "/api/v2/pools"): {"limit"},
    ("get", "/api/v2/monitor/health"): set(),
    ("get", "/api/v2/dagSources/{dag_id}"): set(),
    ("get", "/api/v2/dags/{dag_id}/details"): set(),
    ("get", "/api/v2/dags/{dag_id}/tasks"): set(),
    ("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}"): set(),
    ("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/hitlDetails"): set(),
    ("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents"): set(),
    ("get", f"{TASK}"): set(),
    ("get", f"{TASK}/tries"): set(),
    ("get", f"{TASK}/{{map_index}}"): set(),
    ("get", f"{TASK}/{{map_index}}/tries"): set(),
    ("post", "/api/v2/dags/{dag_id}/dagRuns"): set(),
    ("post", "/api/v2/dags/{dag_id}/dagRuns/list"): set(),
    ("post", "/api/v2/dags/{dag_id}/clearTaskInstances"): set(),
    ("patch", "/api/v2/dags/{dag_id}"): set(),
}
BODIES = {
    "TriggerDAGRunPostBody": {"dag_run_id", "logical_date", "conf", "note"},
    "ClearTaskInstancesBody": {
        "dry_run", "dag_run_id", "only_failed", "include_downstream", "prevent_running_task", "task_ids", "note",
    },
    "DAGPatchBody": {"is_paused"},
    "DAGRunsBatchBody": {"dag_ids", "order_by", "page_limit"},
}  # fmt: skip


@pytest.fixture
def described(local: Local) -> dict[str, Any]:
    return httpx2.get(f"{local.url}/openapi.json", timeout=60).json()


def test_every_shape_that_is_read_is_looked_up() -> None:
    structs = [each for each in vars(shapes).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    assert {each for each in structs if each is not msgspec.Struct} <= SCHEMAS.keys() | UNDESCRIBED


def test_every_field_that_is_read_is_promised(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    missing = {
        f"{name}.{field.encode_name}"
        for shape, name in SCHEMAS.items()
        for field in msgspec.structs.fields(shape)
        if field.encode_name not in schemas.get(name, {"properties": {}})["properties"]
    }
    assert missing == set()


def test_everything_that_is_asked_and_sent_is_taken(described: dict[str, Any]) -> None:
    for (method, path), names in PATHS.items():
        known = {each["name"] for each in described["paths"][path][method].get("parameters", [])}
        assert names <= known, path
    for name, fields in BODIES.items():
        assert fields <= described["components"]["schemas"][name]["properties"].keys(), name
