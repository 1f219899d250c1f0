"""References that the servers of the platform share: `spark:app/...` out, Airflow runs and Trino queries found."""

import re
from collections.abc import Iterator

from platform_core.references import airflow_run, trino_queries_in
from servers.spark.digest import Digest

_AIRFLOW = re.compile(r"(?:airflow[._]?(?:ctx[._])?|label\.)(dag_id|task_id|(?:dag_)?run_id)$", re.IGNORECASE)
_MOST = 5


def app_ref(app_id: str, attempt: str = "") -> str:
    return f"spark:app/{app_id}" + (f"/{attempt}" if attempt else "")


def links(digest: Digest) -> list[str]:
    """What the application's settings, name and SQL descriptions point at."""
    return list(dict.fromkeys([*_airflow(digest), *_trino(digest)]))[:_MOST]


def _airflow(digest: Digest) -> Iterator[str]:
    """The run that submitted it, as Airflow's own variables, tags of operators and labels of pods name it."""
    named: dict[str, str] = {}
    for key, value in digest.properties.items():
        if found := _AIRFLOW.search(key):
            named[found[1].lower().removeprefix("dag_") if "run" in found[1].lower() else found[1].lower()] = value
    if dag := named.get("dag_id"):
        yield airflow_run(dag, named.get("run_id", ""), named.get("task_id", ""))


def _trino(digest: Digest) -> Iterator[str]:
    tags = (value for key, value in digest.properties.items() if key.endswith("tags"))
    said = [digest.name, *tags, *(execution.description for execution in digest.executions)]
    said += [job.description for job in digest.jobs]
    yield from (query for text in said for query in trino_queries_in(text))
