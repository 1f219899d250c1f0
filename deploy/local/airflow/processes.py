"""Its four processes, each in a session of its own: `airflow standalone` leaves its children running."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2

from deploy.local.airflow.settings import HOST, LocalAirflowSettings
from platform_core.errors import WiringError

PATIENCE = 600.0
"""Seconds until all are well: half a minute on a quiet machine."""
_LOOK = 0.5
_PARTS = ("scheduler", "dag-processor", "triggerer")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Processes:
    """What was started, to be stopped together."""

    def __init__(self, settings: LocalAirflowSettings, programs: Path) -> None:
        self._settings, self._programs = settings, programs
        self._running: list[subprocess.Popen[bytes]] = []
        settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)

    def start(self, say: Callable[[str], None]) -> None:
        """Bring everything up; returns when all of it is well."""
        say("preparing Airflow's database")
        if self._spawn("db", "migrate").wait() != 0:
            raise WiringError(f"Airflow's database can't be prepared; see {self._log('db')}")
        self._running.clear()
        self._spawn("api-server")
        self._until(lambda: _status(f"{self._settings.url}/api/v2/monitor/health") is not None, "its API to answer")
        # Its first call builds the routes, which takes longer than a task waits for them.
        httpx2.get(f"{self._settings.url}/execution/health", timeout=PATIENCE, trust_env=False)
        for part in _PARTS:
            self._spawn(part)
        self._until(self._well, "scheduler, DAG processor and triggerer")

    def stop(self) -> None:
        """Stop the groups, not the leaders alone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._running:
                if process.poll() is None:
                    os.killpg(process.pid, number)
            deadline = time.monotonic() + 15
            for process in self._running:
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    continue

    def wait(self) -> str:
        """Wait until one of them ends, which none should; returns what to say about it."""
        while all(process.poll() is None for process in self._running):
            time.sleep(_LOOK)
        ended = next(process for process in self._running if process.poll() is not None)
        return f"a part of Airflow ended with status {ended.returncode}; its logs are in {self._settings.state}"

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        with self._log(command[0]).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  # our own words, no shell
                [self._programs / "airflow", *command],
                env=self._environment(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # one system call, before any thread of ours exists
            )
        self._running.append(process)
        return process

    def _log(self, part: str) -> Path:
        return self._settings.state / f"{part}.log"

    def _until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline or any(process.poll() is not None for process in self._running):
                raise WiringError(f"Airflow did not come up: {what} did not get well; see {self._settings.state}")
            time.sleep(_LOOK)

    def _well(self) -> bool:
        health = _status(f"{self._settings.url}/api/v2/monitor/health") or {}
        return bool(health) and all(part.get("status") == "healthy" for part in health.values())

    def _environment(self) -> Mapping[str, str]:
        settings, state = self._settings, str(self._settings.state)
        url = settings.url
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEEDBED_", "AIRFLOW__"))}
        return kept | {
            "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AIRFLOW_HOME": state,
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(settings.port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": settings.secret.get_secret_value(),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(settings.dags),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": f"{state}/passwords.json",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        }


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _status(url: str) -> dict[str, dict[str, str]] | None:
    try:
        answer = httpx2.get(url, timeout=10, trust_env=False)
    except httpx2.HTTPError:
        return None
    return answer.json() if answer.is_success else None
