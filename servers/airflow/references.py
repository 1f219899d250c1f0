"""References that the servers share: `airflow:run/...` out, Spark applications and Trino queries found."""

import re
from urllib.parse import quote

_SPARK = re.compile(r"\b(?:application_\d{10,}_\d+|app-\d{14}-\d{4}|local-\d{13}|spark-[0-9a-f]{32})\b")
_TRINO = re.compile(r"\b\d{8}_\d{6}_\d{5}_[a-z0-9]{5}\b")
MOST = 6


def run_ref(dag_id: str, run_id: str = "", task: str = "") -> str:
    parts = [part for part in (dag_id, run_id, task) if part]
    return "airflow:run/" + "/".join(quote(part, safe=":+") for part in parts)


def found_in(text: str) -> list[str]:
    """Applications and queries that a line of a log names."""
    return [f"spark:app/{name}" for name in _SPARK.findall(text)] + [
        f"trino:query/{name}" for name in _TRINO.findall(text)
    ]
