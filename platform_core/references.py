"""Names that servers give each other's things, so that what one finds another can be asked about."""

import re
from urllib.parse import quote

_SPARK = re.compile(r"\b(?:application_\d{10,}_\d+|app-\d{14}-\d{4}|local-\d{13}|spark-[0-9a-f]{32})\b")
_TRINO = re.compile(r"\b\d{8}_\d{6}_\d{5}_[a-z0-9]{5}\b")


def airflow_run(dag_id: str, run_id: str = "", task: str = "") -> str:
    """`airflow:run/<dag>/<run>/<task>`, or less of it."""
    return "airflow:run/" + "/".join(quote(part, safe=":+") for part in (dag_id, run_id, task) if part)


def spark_apps_in(text: str) -> list[str]:
    """The Spark applications that a text names."""
    return [f"spark:app/{name}" for name in _SPARK.findall(text)]


def trino_queries_in(text: str) -> list[str]:
    """The Trino queries that a text names."""
    return [f"trino:query/{name}" for name in _TRINO.findall(text)]
