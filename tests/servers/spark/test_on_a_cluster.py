"""A real Spark from start to end: sick jobs on a cluster, a live driver, a Connect server, every codec, both Javas."""

import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from platform_core.errors import Unavailable
from servers.spark.digest import Digest
from servers.spark.digesting import digest_of
from servers.spark.references import links
from servers.spark.sources.folder import Folder
from servers.spark.sources.rest import Rest
from tests.servers.spark.lab.daemons import BOUND, cluster, connect_server, free_port, history_server
from tests.servers.spark.lab.install import bundled_java, environment, python
from tests.servers.spark.lab.need import lab
from tests.servers.spark.lab.running import named, run, started
from tests.servers.spark.logs import MOST, digest_in, kinds, only
from tests.servers.spark.verdicts import VERDICTS

pytestmark = [pytest.mark.extra, pytest.mark.spark]
CODECS = ("lz4", "lzf", "snappy", "zstd")
ASK = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.remote(sys.argv[1] + "/;user_id=ana").getOrCreate()
print(spark.range(1000).selectExpr("sum(id) as total").collect()[0].total)
spark.stop()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lab()
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def master(folder: Path) -> Generator[str]:
    """A standalone master with two workers."""
    with cluster(folder) as address:
        yield address


@pytest.mark.parametrize("name", ["executor_killed", "good_join"])
def test_a_job_that_runs_now_gets_the_verdict_of_its_sample(name: str, folder: Path, master: str) -> None:
    assert named(run(name, folder / "events", "--master", master)) == VERDICTS[name]


def test_a_live_driver_and_its_history_say_what_its_log_says(folder: Path, master: str) -> None:
    port, flag, events = free_port(), folder / "flag", folder / "events"
    words = ("--master", master, "--set", f"spark.ui.port={port}", "spark.eventLog.compress=false")
    with started("held_open", events, *words, LAB_FLAG=str(flag)) as job:
        try:
            live = _until(lambda: _live(port), _held, job)
            assert live
            logged = only(events / "held_open")
        finally:
            flag.touch()
        assert job.wait(BOUND) == 0
    assert (live.source, live.in_progress, logged.in_progress) == ("REST API", True, True)
    done = [stage for stage in live.stages if stage.completed]
    assert done
    assert [_facts(live, stage.ref) for stage in done] == [_facts(logged, stage.ref) for stage in done]
    [failure] = live.failures
    assert (failure.exception, failure.count) == ("ValueError", 2)
    whole = only(events / "held_open")
    with history_server(events / "held_open", folder / "history.log") as history:
        with closing(Rest(history.url)) as rest:
            [listed] = _until(rest.attempts, len)
        by_history = digest_of(history.url, listed, most_bytes=MOST)
    assert by_history == whole
    assert [one.signature for one in whole.failures] == [failure.signature]
    assert kinds(whole)[:1] == ["bad_code"]
    assert "bad_code" in kinds(live)


def test_a_question_to_a_connect_server_names_its_person(folder: Path) -> None:
    events = folder / "connect"
    events.mkdir()
    with connect_server(events, folder / "connect.log") as address:
        command = [python(), "-c", ASK, address]
        said = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "499500"
    digest = only(events)
    assert "ana" in " ".join(execution.description for execution in digest.executions)
    assert (kinds(digest), links(digest), len(digest.jobs)) == ([], [], 1)


def test_logs_of_every_codec_of_spark_are_read(folder: Path) -> None:
    each = f"spark.eventLog.compression.codec={','.join(CODECS)}"
    # Whatever the machine has, this one runs on the Java that comes from the package registry.
    events = run("quiet_report", folder / "codecs", "--each", each, JAVA_HOME=str(bundled_java()))
    attempts = Folder(str(events)).attempts()
    assert sorted(Path(part.name).suffix for attempt in attempts for part in attempt.parts) == [f".{c}" for c in CODECS]
    for digest in (digest_in(events, attempt) for attempt in attempts):
        assert (digest.name, digest.stages[0].ok, digest.notes) == ("lab-quiet_report", 6, [])
        assert kinds(digest) == []


T = TypeVar("T")


def _until(ask: Callable[[], T], good: Callable[[T], object], job: subprocess.Popen[bytes] | None = None) -> T:
    """The first answer that is good, under one generous bound."""
    until = time.monotonic() + BOUND
    while not good(answer := ask()):
        assert time.monotonic() < until, f"not in time: {answer}"
        assert job is None or job.poll() is None, "the job has ended"
        time.sleep(0.5)
    return answer


def _live(port: int) -> Digest | None:
    """What a driver says of itself; None while it does not answer."""
    try:
        with closing(Rest(f"http://127.0.0.1:{port}")) as rest:
            [attempt] = rest.attempts()
        return digest_of(rest.url, attempt, most_bytes=MOST)
    except Unavailable:
        return None


def _held(digest: Digest | None) -> bool:
    """Whether all has ended but the one task that waits."""
    if digest is None or len(digest.stages) < 2:
        return False
    last = digest.stages[-1]
    return (last.ok, last.failed, len(last.running)) == (7, 2, 1)


def _facts(digest: Digest, ref: str) -> tuple[object, ...]:
    stage = digest.stage(ref)
    assert stage
    return (stage.ok, stage.failed, stage.submitted, stage.completed, stage.run, stage.cpu, stage.gc, stage.input,
            stage.shuffle_read, stage.shuffle_written, stage.durations.least, stage.durations.most)  # fmt: skip
