"""References that the servers of the platform share: `spark:app/...` out, Airflow runs and Trino queries found."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from servers.spark.digest import Digest

_TRINO = re.compile(r"\b\d{8}_\d{6}_\d{5}_[a-z0-9]{5}\b")
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
        parts = (dag, named.get("run_id"), named.get("task_id"))
        yield "airflow:run/" + "/".join(quote(part, safe=":+") for part in parts if part)


def _trino(digest: Digest) -> Iterator[str]:
    tags = (value for key, value in digest.properties.items() if key.endswith("tags"))
    said = [digest.name, *tags, *(execution.description for execution in digest.executions)]
    said += [job.description for job in digest.jobs]
    yield from (f"trino:query/{query}" for text in said for query in _TRINO.findall(text))
