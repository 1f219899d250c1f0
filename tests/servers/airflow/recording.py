"""Starts a real Airflow 2.11 with the teaching DAGs and records what the tests of `test_earlier.py` ask of it.

`python -m tests.servers.airflow.recording`: some minutes, 200 MB in a temporary folder. Its DAGs are those of the local
Airflow 3; the one that asks a person is left out, because Airflow 2 has no such task.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.airflow.teaching import BEGUN
from tests.deploy.local.identity.running import free_port
from tests.repo.tree import AIRFLOWS, ROOT
from tests.servers.airflow import recorded

VERSION = "2.11.2"
LOGIN = ("teacher", "teacher")
PREPARE = (
    "db migrate",
    "users create -u teacher -p teacher -r Admin -f A -l B -e teacher@example.com",
    "pools set closed_books 0 none",
    "dags reserialize",
)
SDK = """from airflow.decorators import dag, task
from airflow.models.param import Param
from airflow.operators.python import get_current_context
"""
ENDS = {"delivery": "up_for_reschedule", "announce": "upstream_failed", "add_up": "upstream_failed"}
"""How the slowest tasks stand when nothing more happens."""
PATIENCE = 900


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sb-two-", dir="/tmp") as folder:
        home = Path(folder)
        programs = _installed(home / "venv")
        _dags(home / "dags")
        with _running(home, programs) as url:
            _taught(url)
            scrub = partial(_scrubbed, {str(programs.parent): "/opt/airflow", str(home): "/opt/airflow"})
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(recorded, "replaying", lambda: recorded.recording(url, scrub))
                tests, quiet = Path(__file__).with_name("test_earlier.py"), "ignore::pytest.PytestAssertRewriteWarning"
                ended = pytest.main(["-n0", "-q", "-W", quiet, str(tests)])
    sys.exit(ended)


def _installed(folder: Path) -> Path:
    uv = Path(sys.prefix).parent / ".tools" / "bin" / "uv"
    _run(uv, "venv", "-q", "-p", sys.executable, folder)
    _run(uv, "pip", "install", "-q", "-p", folder / "bin" / "python", f"apache-airflow=={VERSION}")
    return folder / "bin"


def _dags(folder: Path) -> None:
    folder.mkdir()
    (folder / "airflow_sdk_of_two.py").write_text(SDK)
    for file in (ROOT / AIRFLOWS).glob("*.py"):
        if file.stem != "refund_approval":
            (folder / file.name).write_text(file.read_text().replace("airflow.sdk", "airflow_sdk_of_two"))


@contextmanager
def _running(home: Path, programs: Path) -> Generator[str]:
    port = free_port()
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
        "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(port),
        "AIRFLOW__WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": str(PATIENCE),
        "AIRFLOW__WEBSERVER__WORKERS": "1",
    }
    for words in PREPARE:
        _run(programs / "airflow", *words.split(), env=environment)
    for dag in BEGUN:
        if (home / "dags" / f"{dag}.py").exists():
            _run(programs / "airflow", "dags", "trigger", "-r", "teaching", dag, env=environment)
    started = [
        subprocess.Popen([programs / "airflow", part], env=environment, start_new_session=True)
        for part in ("scheduler", "webserver")
    ]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def _taught(url: str) -> None:
    """Wait until every teaching run stands still."""
    deadline = time.monotonic() + PATIENCE
    while not _still(url):
        assert time.monotonic() < deadline, "the teaching runs never ended"
        time.sleep(2)


def _still(url: str) -> bool:
    try:
        with httpx2.Client(base_url=f"{url}/api/v1", auth=LOGIN, timeout=30, trust_env=False) as airflow:
            tasks: list[dict[str, Any]] = airflow.get("/dags/~/dagRuns/~/taskInstances").json()["task_instances"]
    except httpx2.HTTPError:
        return False
    states = {task["task_id"]: task["state"] for task in tasks if task["dag_run_id"] == "teaching"}
    return ENDS.items() <= states.items()


def _scrubbed(places: dict[str, str], text: str) -> str:
    """What is of this machine alone becomes a machine's like any other."""
    text = re.sub(rf"\b{re.escape(os.uname().nodename)}(?=[\"\\:\n])", "worker", text)
    for place, instead in places.items():
        text = text.replace(place, instead)
    return text


def _run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    subprocess.run([str(word) for word in command], env=env, check=True)


if __name__ == "__main__":
    main()
