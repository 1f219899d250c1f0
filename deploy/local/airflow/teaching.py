"""The first run of each teaching DAG, and the pool without a slot that one of them wants."""

import time
from collections.abc import Callable

import httpx2
import jwt

from deploy.local.airflow.settings import LocalAirflowSettings
from platform_core.errors import WiringError

RUN = "teaching"
"""The id of those runs."""
BEGUN = ("healthy_orders", "flaky_export", "mapped_regions", "waiting_sensor", "starved_pool", "refund_approval")
PATIENCE = 300.0


def teach(settings: LocalAirflowSettings, say: Callable[[str], None]) -> None:
    """Start what was not started before; a restart changes nothing."""
    headers = {"Authorization": f"Bearer {_token(settings)}"}
    base = f"{settings.url}/api/v2"
    with httpx2.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as airflow:
        _done(airflow.post("/pools", json={"name": "closed_books", "slots": 0}))
        for dag in BEGUN:
            _until_parsed(airflow, dag)
            _begun(airflow, dag)
    say(f"the teaching DAGs have their runs, named {RUN}")


def _until_parsed(airflow: httpx2.Client, dag: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while airflow.get(f"/dags/{dag}").status_code != 200:
        if time.monotonic() > deadline:
            raise WiringError(f"Airflow never learned of the DAG {dag}")
        time.sleep(1)


def _begun(airflow: httpx2.Client, dag: str) -> None:
    """Start its run; again where the database was locked meanwhile, for the same id never starts two."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = airflow.post(f"/dags/{dag}/dagRuns", json={"dag_run_id": RUN, "logical_date": None})
        if answer.status_code != 500 or time.monotonic() > deadline:
            return _done(answer)
        time.sleep(1)


def _done(answer: httpx2.Response) -> None:
    if answer.status_code not in (200, 201, 409):  # 409: it is there since an earlier start
        raise WiringError(f"Airflow refused {answer.url.path}: {answer.status_code} {answer.text[:300]}")


def _token(settings: LocalAirflowSettings) -> str:
    now = int(time.time())
    claims = {"sub": "teacher", "role": "admin", "aud": "apache-airflow", "iat": now, "nbf": now, "exp": now + 600}
    return jwt.encode(claims, settings.secret.get_secret_value(), algorithm="HS512")
