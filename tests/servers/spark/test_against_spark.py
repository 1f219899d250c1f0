"""Spark itself as the judge: its History Server and its own programs on the same logs. `make spark-lab` runs this."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from servers.spark.digest import Stage
from tests.servers.spark.lab.__main__ import run
from tests.servers.spark.lab.daemons import Daemon, history_server
from tests.servers.spark.logs import SAMPLES, named, only, sample
from tests.servers.spark.test_findings import VERDICTS, kinds

pytestmark = [pytest.mark.extra, pytest.mark.spark]
QUANTILES = "0,0.25,0.5,0.75,0.95,1"
CLOSE = 0.10
"""A bucket of our histogram is 9 % wide; Spark's own quantiles of few tasks take the nearest one."""
UNLIKE = {"tiny_tasks", "many_partitions", "small_files"}
"""Their thousands of tasks take Spark's page long; the others have all shapes."""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Generator[Daemon]:
    folder = tmp_path_factory.mktemp("history")
    shutil.copytree(SAMPLES, folder / "events")
    with history_server(folder / "events", folder / "log") as server:
        yield server


@pytest.mark.parametrize("name", sorted(set(VERDICTS) - UNLIKE))
def test_the_history_server_counts_what_we_count(name: str, spark: Daemon) -> None:
    digest = sample(name)
    theirs = {(s["stageId"], s["attemptId"]): s for s in spark.get(f"/api/v1/applications/{digest.app_id}/stages")}
    for stage in (one for one in digest.stages if one.completed):
        their = theirs[stage.id, stage.attempt]
        assert (stage.ok, stage.failed, stage.killed) == (
            their["numCompleteTasks"], their["numFailedTasks"], their["numKilledTasks"],
        )  # fmt: skip
        assert (stage.run, stage.cpu, stage.gc) == (
            their["executorRunTime"], their["executorCpuTime"], their["jvmGcTime"],
        )  # fmt: skip
        assert (stage.input, stage.shuffle_read, stage.disk_spilled) == (
            their["inputBytes"], their["shuffleReadBytes"], their["diskBytesSpilled"],
        )  # fmt: skip


@pytest.mark.parametrize("name", ["skew", "spill", "straggler", "cartesian"])
def test_the_history_server_finds_the_same_quantiles(name: str, spark: Daemon) -> None:
    digest = sample(name)
    for stage in (one for one in digest.stages if one.ok >= 8):
        path = f"/api/v1/applications/{digest.app_id}/stages/{stage.id}/{stage.attempt}/taskSummary"
        theirs = spark.get(f"{path}?quantiles={QUANTILES}")["duration"]
        assert _close(stage, theirs)


@pytest.mark.parametrize("codec", ["lz4", "snappy", "zstd"])
def test_logs_of_every_codec_of_spark_are_read(codec: str, tmp_path: Path) -> None:
    run("quiet_report", tmp_path, "--set", f"spark.eventLog.compression.codec={codec}")
    digest = only(tmp_path)
    assert (digest.name, digest.stages[0].ok, digest.notes) == ("lab-quiet_report", 6, [])
    assert kinds(digest) == []


def test_the_names_of_all_samples_are_known_to_spark(spark: Daemon) -> None:
    listed = {one["id"] for one in spark.get("/api/v1/applications?limit=1000")}
    assert {digest.app_id for _, digest in named().values()} == listed


def _close(stage: Stage, theirs: list[float]) -> bool:
    ours = stage.durations
    values = (ours.least, ours.median, ours.most)
    return all(
        abs(a - b) <= CLOSE * max(a, b, 10) for a, b in zip(values, (theirs[0], theirs[2], theirs[5]), strict=True)
    )
