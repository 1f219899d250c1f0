"""The list of jobs and what all of them are set to; imported by the lab's own Python, which has Spark."""

import importlib
from collections.abc import Callable
from typing import Any

sql: Any = importlib.import_module("pyspark.sql")
F: Any = importlib.import_module("pyspark.sql.functions")

Job = Callable[[Any], None]
JOBS: dict[str, tuple[Job, dict[str, str]]] = {}
BASE = {
    "spark.eventLog.enabled": "true",
    "spark.eventLog.rolling.enabled": "false",
    "spark.eventLog.compress": "true",
    "spark.eventLog.compression.codec": "zstd",
    "spark.eventLog.logStageExecutorMetrics": "true",
    "spark.executor.cores": "1",
    "spark.executor.memory": "512m",
    "spark.driver.memory": "512m",
    "spark.sql.shuffle.partitions": "16",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.task.maxFailures": "2",
}
NO_AQE = {"spark.sql.adaptive.enabled": "false"}
NO_BROADCAST = {"spark.sql.autoBroadcastJoinThreshold": "-1"}


def job(settings: dict[str, str] | None = None) -> Callable[[Job], Job]:
    """Put a job on the list, with settings of its own."""

    def listed(function: Job) -> Job:
        JOBS[function.__name__] = (function, settings or {})
        return function

    return listed


def run(frame: Any) -> None:
    """Compute all of a frame and keep nothing."""
    frame.write.format("noop").mode("overwrite").save()


def digests(spark: Any, count: int, parts: int, *, bits: int = 256) -> Any:
    """Rows that no codec makes smaller: a number `id` and a text `h`."""
    return spark.range(0, count, numPartitions=parts).select("id", F.sha2(F.col("id").cast("string"), bits).alias("h"))
