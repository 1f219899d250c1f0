"""Sick jobs for a real Spark, one application and so one event log each; run by the lab's own Python, not by ours.

    python jobs.py NAME --master spark://127.0.0.1:7077 --events file:///some/folder

The sickness is made by settings or by the code, the evidence is what a job in production leaves.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
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


def _slow(number: int) -> int:
    time.sleep(25)
    return number


@job()
def missing_path(spark: Any) -> None:
    """Files go away between planning and reading."""
    folder = tempfile.mkdtemp(prefix="lab-gone")
    spark.range(0, 100_000, numPartitions=4).write.mode("overwrite").parquet(folder)
    frame = spark.read.parquet(folder)
    frame.count()
    for file in Path(folder).glob("part-*"):
        file.unlink()
    try:
        run(frame)
    finally:
        shutil.rmtree(folder)


@job()
def permission(spark: Any) -> None:
    """Tasks open a file that their account may not read."""
    file = Path(tempfile.mkdtemp(prefix="lab-closed")) / "prices.csv"
    file.write_text("closed")
    file.chmod(0)

    def read(rows: Any) -> Any:
        if os.geteuid() == 0:
            os.seteuid(65534)
        yield file.read_text() + str(sum(1 for _ in rows))

    spark.sparkContext.parallelize(range(100), 4).mapPartitions(read).collect()


@job()
def dependency(spark: Any) -> None:
    """A function needs a library that is not on the executors."""

    def score(value: int) -> int:
        return importlib.import_module("house_models").score(value)

    run(spark.range(0, 1_000, numPartitions=4).select(F.udf(score, "long")("id")))


def _end_executor(spark: Any, sign: int) -> None:
    flag = Path(tempfile.mkdtemp(prefix="lab-once")) / "done"

    def part(index: int, rows: Any) -> Any:
        if index == 3 and not flag.exists():
            flag.touch()
            daemon = os.getppid()
            java = int(Path(f"/proc/{daemon}/stat").read_text().split(")")[1].split()[1])
            os.kill(java, sign)
            time.sleep(30)
        time.sleep(0.5)
        yield sum(1 for _ in rows)

    spark.sparkContext.parallelize(range(8000), 8).mapPartitionsWithIndex(part).sum()


@job()
def executor_lost(spark: Any) -> None:
    """An executor's process ends by itself, and says no more than its code."""
    _end_executor(spark, signal.SIGABRT)


@job()
def preempted(spark: Any) -> None:
    """The cluster asks an executor to go."""
    _end_executor(spark, signal.SIGTERM)


@job()
def cancelled_by_user(spark: Any) -> None:
    """Somebody cancels the running jobs."""
    context = spark.sparkContext
    threading.Timer(8, context.cancelAllJobs).start()
    context.parallelize(range(8), 8).map(_slow).sum()


@job({"spark.executor.cores": "12"})
def idle_cores(spark: Any) -> None:
    """Twelve cores for work that one can do."""
    spark.sparkContext.parallelize(range(3), 1).map(_slow).sum()


@job({**NO_AQE})
def skewed_group(spark: Any) -> None:
    """Most rows of a window belong to one customer."""
    rows = spark.range(0, 4_000_000, numPartitions=8).select(
        F.when(F.col("id") % 10 != 0, 7).otherwise(F.col("id") % 900).alias("customer"),
        F.sha2(F.col("id").cast("string"), 256).alias("order"),
    )
    window = sql.Window.partitionBy("customer").orderBy("order")
    run(rows.withColumn("n", F.row_number().over(window)))


@job()
def divided_by_zero(spark: Any) -> None:
    """A value that ANSI arithmetic refuses."""
    run(spark.range(0, 10_000, numPartitions=4).select(F.lit(100) / (F.col("id") - 7_000)))


@job()
def unknown_key(spark: Any) -> None:
    """A dictionary in the job's code lacks a key."""
    rates = {"eur": 1.0}

    def rate(value: int) -> float:
        return rates["eur" if value < 800 else "usd"]

    spark.sparkContext.parallelize(range(1000), 4).map(rate).sum()


@job()
def slow_host(spark: Any) -> None:
    """One task waits for something outside."""

    def part(index: int, rows: Any) -> Any:
        time.sleep(25 if index == 9 else 0.4)
        yield sum(1 for _ in rows)

    spark.sparkContext.parallelize(range(12_000), 12).mapPartitionsWithIndex(part).sum()


@job({**NO_AQE, "spark.sql.shuffle.partitions": "1200"})
def many_partitions(spark: Any) -> None:
    """A small table in far too many parts."""
    run(spark.range(0, 100_000, numPartitions=1200).groupBy((F.col("id") % 50).alias("k")).count())


@job()
def cached_report(spark: Any) -> None:
    """Four reports on one cached table: nothing is wrong with it."""
    frame = spark.range(0, 500_000, numPartitions=4).select(
        (F.col("id") % 10).alias("k"), F.sha2(F.col("id").cast("string"), 256).alias("h")
    )
    frame = frame.cache()
    for k in range(4):
        frame.where(F.col("k") == k).agg(F.max("h")).collect()


@job()
def null_key(spark: Any) -> None:
    """The job's own code meets a value that is not there."""

    def width(value: int) -> int:
        return len("x" * value if value % 97 else None)  # type: ignore[arg-type]

    run(spark.range(0, 5_000, numPartitions=4).select(F.udf(width, "int")("id")))


@job({**NO_AQE, "spark.sql.shuffle.partitions": "1"})
def one_reducer(spark: Any) -> None:
    """One task sorts everything, and spills."""
    run(
        spark.range(0, 5_000_000, numPartitions=4)
        .select(F.sha2(F.col("id").cast("string"), 256).alias("h"))
        .orderBy("h")
    )


@job()
def unequal_dates(spark: Any) -> None:
    """A join on a range of dates."""
    days = spark.range(0, 150_000, numPartitions=4).select(F.col("id").alias("day"))
    prices = spark.range(0, 400).select((F.col("id") * 300).alias("start"), (F.col("id") * 300 + 300).alias("stop"))
    days.join(prices, (F.col("day") >= F.col("start")) & (F.col("day") < F.col("stop"))).count()


@job()
def quiet_report(spark: Any) -> None:
    """A plain aggregate: nothing is wrong with it."""
    run(spark.range(0, 3_000_000, numPartitions=6).groupBy((F.col("id") % 20).alias("k")).agg(F.sum("id")))


@job()
def good_join(spark: Any) -> None:
    """A join with a broadcast side, as it should be."""
    big = spark.range(0, 2_000_000, numPartitions=8).select((F.col("id") % 50).alias("k"), F.col("id").alias("v"))
    small = spark.range(0, 50).select(F.col("id").alias("k"), F.col("id").cast("string").alias("name"))
    run(big.join(F.broadcast(small), "k").groupBy("name").count())


def main() -> None:
    """Run one job; its failure is the point."""
    words = argparse.ArgumentParser()
    words.add_argument("name", nargs="?", choices=sorted(JOBS))
    words.add_argument("--list", action="store_true")
    words.add_argument("--master", default="local[2]")
    words.add_argument("--events")
    words.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    asked = words.parse_args()
    if asked.list:
        print(*JOBS, sep="\n")
        return
    function, settings = JOBS[asked.name]
    builder = sql.SparkSession.builder.master(asked.master).appName(f"lab-{asked.name}")
    own = dict(pair.split("=", 1) for pair in asked.set)
    for key, value in {**BASE, **settings, "spark.eventLog.dir": asked.events, **own}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        function(spark)
    except Exception as error:
        print("failed as it should:", type(error).__name__, file=sys.stderr)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
