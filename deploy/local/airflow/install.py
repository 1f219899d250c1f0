"""Airflow's own environment, made once in the user's cache folder from a hashed lock."""

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from platform_core.errors import WiringError

LOCK = Path(__file__).with_name("requirements.lock")
_READY = ".ready"


def environment(say: Callable[[str], None]) -> Path:
    """The folder of its programs. The first time takes some seconds with uv, a minute or two with pip."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = _cache() / f"airflow-{digest}-py{sys.version_info.major}{sys.version_info.minor}"
    if not (folder / _READY).exists():
        say("installing Airflow 3.3 into the cache folder, once")
        venv.create(folder, with_pip=_uv() is None, clear=True)
        _run(_installing(folder / "bin" / "python"))
        (folder / _READY).touch()
    return folder / "bin"


def _installing(python: Path) -> list[str]:
    if uv := _uv():
        return [str(uv), "pip", "sync", "-q", "--require-hashes", "-p", str(python), str(LOCK)]
    return [
        str(python),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(LOCK),
    ]


def _uv() -> Path | None:
    """The repository's own uv, where this runs from the repository."""
    uv = Path(sys.prefix).parent / ".tools" / "bin" / "uv"
    return uv if uv.exists() else None


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words, no shell
    if done.returncode != 0:
        raise WiringError(f"Airflow can't be installed: {done.stderr.strip()[-1500:]}")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed"
