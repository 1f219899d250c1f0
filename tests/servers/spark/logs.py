"""Event logs for tests: the shipped ones by their job's name, and changed copies of them."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import zstandard

from servers.spark.digest import Digest
from servers.spark.digesting import digest_of
from servers.spark.findings.diagnose import Diagnosis, diagnose
from servers.spark.findings.driver import explained, is_open
from servers.spark.logs.extract import summary
from servers.spark.logs.places import STREAMS, Place
from servers.spark.settings import SparkSettings
from servers.spark.sources.attempts import Attempt
from servers.spark.sources.folder import Folder

SAMPLES = Path(SparkSettings().folders[0])
DRIVERS = SAMPLES.with_name("logs")
MOST = 1 << 30
LONG_AGO = 1e9
"""Seconds of silence: nobody writes to a sample any more."""


@cache
def named() -> dict[str, tuple[Attempt, Digest]]:
    """Every shipped log by the name of its job: `skew` for the application sick-skew."""
    found = [(attempt, digest_in(SAMPLES, attempt)) for attempt in Folder(str(SAMPLES)).attempts()]
    return {digest.name.partition("-")[2] or digest.name: (attempt, digest) for attempt, digest in found}


def judged(name: str) -> Diagnosis:
    """What a call would say of a shipped log, its driver's log included."""
    return judged_beside(sample(name), DRIVERS / sample(name).app_id / "driver")


def judged_beside(digest: Digest, drivers_logs: Path) -> Diagnosis:
    """The judgement on a digest; the driver's streams are asked where it leaves the cause open."""
    diagnosis = diagnose(digest, silent_seconds=LONG_AGO)
    streams = [Place(url=str(drivers_logs / name)) for name in STREAMS if (drivers_logs / name).exists()]
    return explained(digest, diagnosis, list(map(summary, streams))) if is_open(digest, diagnosis) else diagnosis


def kinds(digest: Digest) -> list[str]:
    """What the event log alone shows."""
    return [finding.id for finding in diagnose(digest, silent_seconds=LONG_AGO).findings]


def sample(name: str) -> Digest:
    return named()[name][1]


def sample_file(name: str) -> Path:
    return Path(named()[name][0].parts[0].name)


def plain(name: str) -> bytes:
    """The text of a shipped log."""
    with sample_file(name).open("rb") as packed:
        return zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True).read()


def digest_in(folder: Path, attempt: Attempt, *, most_bytes: int = MOST) -> Digest:
    return digest_of(str(folder), attempt, most_bytes=most_bytes)


def memory(line: str) -> float:
    """MB of this process, now (`VmRSS`) or at most (`VmHWM`)."""
    said = Path("/proc/self/status").read_text()
    return next(int(found.split()[1]) for found in said.splitlines() if found.startswith(line)) / 1024


def only(folder: Path, *, most_bytes: int = MOST) -> Digest:
    """The digest of the one attempt in a folder."""
    [attempt] = Folder(str(folder)).attempts()
    return digest_in(folder, attempt, most_bytes=most_bytes)


def changed(name: str, folder: Path, change: Callable[[str], str]) -> Digest:
    """The digest of a shipped log after `change` went over its text."""
    app_id = sample(name).app_id
    file = folder / (f"{app_id}.inprogress" if sample(name).in_progress else app_id)
    file.write_text(change(plain(name).decode()))
    return only(folder)


def scrambled(text: str) -> str:
    """Other names, paths and descriptions."""
    text = re.sub(r'("App Name"|"description"|"spark.app.name"):"[^"]*"', r'\1:"zqx vbn"', text)
    text = re.sub(r"/opt/(?:jobs|demo|venv)[\w/.-]*(?=[\"\\: ,)])", "/zq/xv.py", text)
    return text.replace("sick_jobs", "zqx").replace("127.0.0.1", "10.9.8.7")


def renumbered(text: str) -> str:
    """Tasks, stages, jobs and executions with other ids, still in order."""
    for key, more in (("Task ID", 900), ("Stage ID", 70), ("Job ID", 40), ("executionId", 30)):
        text = re.sub(rf'("{key}"):(\d+)', lambda found, more=more: f"{found[1]}:{int(found[2]) + more}", text)
    text = re.sub(r'("Stage IDs"|"Parent IDs"):\[([\d,]+)\]', _later_stages, text)
    text = re.sub(r"(spark.sql.execution.id\":\")(\d+)", lambda found: f"{found[1]}{int(found[2]) + 30}", text)
    return re.sub(r"\bstage (\d+)\.(\d+)", lambda found: f"stage {int(found[1]) + 70}.{found[2]}", text)


def slower(text: str) -> str:
    """Everything takes three times as long."""
    start = int(_TIME.findall(text)[0][1])
    text = _TIME.sub(lambda found: f"{found[1]}:{start + 3 * (int(found[2]) - start)}", text)
    return _LASTING.sub(lambda found: f"{found[1]}:{3 * int(found[2])}", text)


_TIME = re.compile(
    r'("(?:Timestamp|Submission Time|Completion Time|Launch Time|Finish Time|time)"):(1\d{12})', re.ASCII
)
_LASTING = re.compile(r'("(?:Executor Run Time|Executor CPU Time|JVM GC Time|Fetch Wait Time)"):(\d+)', re.ASCII)


def _later_stages(found: re.Match[str]) -> str:
    if found[1] == '"Parent IDs"' and '"RDD ID"' in found.string[max(0, found.start() - 400) : found.start()][-400:]:
        return found[0]
    return f"{found[1]}:[{','.join(str(int(number) + 70) for number in found[2].split(','))}]"
