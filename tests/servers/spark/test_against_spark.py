"""Spark itself as the judge of the shipped logs: its History Server counts, times and ranks as we do."""

import shutil
from collections.abc import Generator
from typing import Any

import pytest

from servers.spark.digest import Digest, Stage
from servers.spark.histogram import Spread
from servers.spark.sources.tables import milliseconds
from tests.servers.spark.lab.daemons import Daemon, history_server
from tests.servers.spark.lab.need import lab
from tests.servers.spark.logs import SAMPLES, named, sample
from tests.servers.spark.verdicts import VERDICTS

pytestmark = [pytest.mark.real, pytest.mark.spark]
QUANTILES = "0,0.25,0.5,0.75,0.95,1"
CLOSE = 0.10
"""A bucket of our histogram is 9 % wide, and one in a hundred is left for rounding to whole milliseconds."""
UNLIKE = {"tiny_tasks", "many_partitions", "small_files"}
"""Their thousands of tasks take Spark's page long; the others have all shapes."""
COMPARED = sorted(set(VERDICTS) - UNLIKE)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Generator[Daemon]:
    lab()
    folder = tmp_path_factory.mktemp("history")
    shutil.copytree(SAMPLES, folder / "events")
    with history_server(folder / "events", folder / "log") as server:
        yield server


def test_the_names_of_all_samples_are_known_to_spark(spark: Daemon) -> None:
    listed = {one["id"] for one in spark.get("/api/v1/applications?limit=1000")}
    assert {digest.app_id for _, digest in named().values()} == listed


@pytest.mark.parametrize("name", COMPARED)
def test_the_history_server_counts_what_we_count(name: str, spark: Daemon) -> None:
    digest = sample(name)
    theirs = _stages(spark, digest)
    for stage in (one for one in digest.stages if one.completed):
        their = theirs[stage.id, stage.attempt]
        ours = (stage.ok, stage.failed, stage.killed, stage.run, stage.cpu, stage.gc, stage.input, stage.shuffle_read,
                stage.shuffle_written, stage.disk_spilled, stage.memory_spilled, stage.output)  # fmt: skip
        names = ("numCompleteTasks", "numFailedTasks", "numKilledTasks", "executorRunTime", "executorCpuTime",
                 "jvmGcTime", "inputBytes", "shuffleReadBytes", "shuffleWriteBytes", "diskBytesSpilled",
                 "memoryBytesSpilled", "outputBytes")  # fmt: skip
        assert ours == tuple(their[name] for name in names)


@pytest.mark.parametrize("name", COMPARED)
def test_the_history_server_measures_the_same_durations(name: str, spark: Daemon) -> None:
    digest = sample(name)
    [attempt] = spark.get(f"/api/v1/applications/{digest.app_id}")["attempts"]
    if digest.ended:
        assert digest.duration == attempt["duration"]
    theirs = _stages(spark, digest)
    for stage in (one for one in digest.stages if one.completed):
        their = theirs[stage.id, stage.attempt]
        times = milliseconds(their["submissionTime"]), milliseconds(their["completionTime"])
        assert (stage.submitted, stage.completed) == times
    jobs = {one["jobId"]: one for one in spark.get(f"/api/v1/applications/{digest.app_id}/jobs")}
    for job in digest.jobs:
        assert job.submitted == milliseconds(jobs[job.id]["submissionTime"])
        assert job.completed == milliseconds(jobs[job.id].get("completionTime", ""))


@pytest.mark.parametrize("name", ["skew", "spill", "straggler", "cartesian", "tiny_tasks", "good_join"])
def test_the_history_server_finds_the_same_quantiles(name: str, spark: Daemon) -> None:
    digest = sample(name)
    for stage in (one for one in digest.stages if one.ok >= 8):
        theirs = _summary(spark, digest, stage)
        assert _close(stage.durations, theirs["duration"])
        if stage.shuffle_read and not stage.input:
            assert _close(stage.sizes, theirs["shuffleReadMetrics"]["readBytes"])


def _stages(spark: Daemon, digest: Digest) -> dict[tuple[int, int], Any]:
    listed = spark.get(f"/api/v1/applications/{digest.app_id}/stages")
    return {(one["stageId"], one["attemptId"]): one for one in listed}


def _summary(spark: Daemon, digest: Digest, stage: Stage) -> Any:
    path = f"/api/v1/applications/{digest.app_id}/stages/{stage.id}/{stage.attempt}/taskSummary"
    return spark.get(f"{path}?quantiles={QUANTILES}")


def _close(ours: Spread, theirs: list[float]) -> bool:
    """Least and most are exact, what lies between is close."""
    between = zip((ours.q25, ours.median, ours.q75, ours.q95), theirs[1:5], strict=True)
    return (ours.least, ours.most) == (theirs[0], theirs[5]) and all(
        abs(a - b) <= CLOSE * max(a, b, 10) for a, b in between
    )
