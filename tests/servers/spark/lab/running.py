"""A job of the lab as a process, and what our server says of the log that it left."""

import subprocess
from pathlib import Path

from servers.spark.sources.attempts import Attempt
from servers.spark.sources.folder import Folder
from tests.servers.spark.lab.daemons import local_folder
from tests.servers.spark.lab.install import environment, python
from tests.servers.spark.logs import digest_in, judged_beside

FOLDER = Path("build/spark-lab").resolve()
NOT_ALONE = ("held_open",)
"""Jobs that only a test can end."""
BOUND = 600


def run(name: str, events: Path, *words: str, **settings: str) -> Path:
    """Run one job to its end; returns the folder of its own in which its event log lies, beside its driver's log."""
    with started(name, events, *words, **settings) as process:
        process.wait(BOUND)
    return events / name


def started(name: str, events: Path, *words: str, **settings: str) -> subprocess.Popen[bytes]:
    """Start one job."""
    folder = events / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    logs = driver_logs(folder)
    logs.mkdir(parents=True, exist_ok=True)
    command = [python(), "-m", "tests.servers.spark.lab.jobs", name, "--events", f"file://{folder}", *words]
    told = environment() | {"SPARK_LOCAL_DIRS": local_folder(events.parent)} | settings
    with (logs / "stderr").open("wb") as err, (logs / "stdout").open("wb") as out:
        return subprocess.Popen(command, env=told, stdout=out, stderr=err)


def attempt_in(folder: Path) -> Attempt:
    [attempt] = Folder(str(folder)).attempts()
    return attempt


def named(events: Path) -> str | None:
    """The verdict on the one log in a folder, with the driver's log beside it."""
    verdict = judged_beside(digest_in(events, attempt_in(events)), driver_logs(events)).verdict
    return verdict and verdict.id


def driver_logs(events: Path) -> Path:
    return events.parents[1] / "drivers" / events.name
