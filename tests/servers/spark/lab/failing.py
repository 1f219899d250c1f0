"""Jobs that fail, or lose a part of the cluster on their way: each leaves what such a job leaves in production."""

import glob
import importlib
import operator
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.servers.spark.lab.listed import NO_AQE, F, digests, job, run


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
def null_key(spark: Any) -> None:
    """The job's own code meets a value that is not there."""

    def width(value: int) -> int:
        return len("x" * value if value % 97 else None)  # type: ignore[arg-type]

    run(spark.range(0, 5_000, numPartitions=4).select(F.udf(width, "int")("id")))


@job({**NO_AQE, "spark.sql.shuffle.partitions": "2"})
def executor_oom(spark: Any) -> None:
    """One group's list does not fit the heap."""
    frame = spark.range(0, 30_000_000, numPartitions=4).select(
        F.lit(1).alias("k"), F.sha2(F.col("id").cast("string"), 512).alias("v")
    )
    run(frame.groupBy("k").agg(F.collect_list("v").alias("vs")))


@job({"spark.task.maxFailures": "3"})
def executor_killed(spark: Any) -> None:
    """SIGKILL of an executor, as the kernel sends it when memory runs out."""
    _end_executor(spark, signal.SIGKILL)


@job({"spark.task.maxFailures": "3"})
def failed_python(spark: Any) -> None:
    """One row of a thousand divides by zero in the job's own Python."""

    def price(value: int) -> int:
        return 100 // (value % 1000 - 777)

    run(spark.range(0, 10_000, numPartitions=4).select(F.udf(price, "long")("id")))


@job({"spark.task.maxFailures": "3"})
def failed_ansi(spark: Any) -> None:
    """A word among the numbers."""
    value = F.when(F.col("id") == 7777, "n/a").otherwise(F.col("id").cast("string"))
    run(spark.range(0, 10_000, numPartitions=4).select(value.cast("int")))


@job({**NO_AQE, "spark.stage.maxConsecutiveAttempts": "4"})
def fetch_failure(spark: Any) -> None:
    """Shuffle files vanish between the stage that wrote them and a later job that reads them again."""

    def keyed(value: int) -> tuple[int, int]:
        return value % 100, value

    rdd = spark.sparkContext.parallelize(range(200_000), 8).map(keyed).reduceByKey(operator.add, 8)
    rdd.count()
    for file in glob.glob(f"{os.environ['SPARK_LOCAL_DIRS']}/**/shuffle_*", recursive=True):
        Path(file).unlink(missing_ok=True)
    rdd.map(operator.itemgetter(1)).sum()


@job({"spark.driver.maxResultSize": "8m"})
def big_collect(spark: Any) -> None:
    """More is collected than the driver accepts."""
    digests(spark, 2_000_000, 8).collect()


@job()
def driver_dies(spark: Any) -> None:
    """The driver is killed: no end of the application, and the log keeps the name of an unfinished one."""
    spark.range(0, 1_000_000, numPartitions=4).count()
    spark.sparkContext._gateway.proc.kill()
    os._exit(137)


@job()
def streaming(spark: Any) -> None:
    """A stream that somebody stops."""
    rates = spark.readStream.format("rate").option("rowsPerSecond", 50).load()
    counts = rates.groupBy(F.window("timestamp", "2 seconds")).count()
    query = counts.writeStream.format("noop").outputMode("complete").trigger(processingTime="2 seconds").start()
    time.sleep(14)
    query.stop()


@job({"spark.driver.maxResultSize": "0", "spark.driver.extraJavaOptions": "-XX:+ExitOnOutOfMemoryError"})
def driver_oom(spark: Any) -> None:
    """Far more is collected than the driver's heap holds, and nothing keeps it from that."""
    digests(spark, 12_000_000, 16, bits=512).collect()


@job({"spark.sql.autoBroadcastJoinThreshold": "-1", "spark.driver.maxResultSize": "0"})
def huge_broadcast(spark: Any) -> None:
    """A hint sends a table along that the driver can't hold."""
    big = spark.range(0, 1_000_000, numPartitions=4)
    run(big.join(F.broadcast(digests(spark, 9_000_000, 8)), "id"))


@job({**NO_AQE, "spark.sql.broadcastTimeout": "3"})
def late_broadcast(spark: Any) -> None:
    """The side that is to be sent along takes longer to compute than Spark waits for it."""

    def waits(value: int) -> int:
        time.sleep(0.02)
        return value

    slow = spark.range(0, 1_000, numPartitions=2).select(F.udf(waits, "long")("id").alias("id"))
    run(spark.range(0, 100_000, numPartitions=4).join(F.broadcast(slow), "id"))


@job()
def python_crash(spark: Any) -> None:
    """A native library ends the Python worker without a word."""

    def native(value: int) -> int:
        if value == 700:
            os._exit(139)
        return value

    run(spark.range(0, 1_000, numPartitions=4).select(F.udf(native, "long")("id")))


@job()
def malformed_row(spark: Any) -> None:
    """A line of JSON that is none, read by a job that tolerates none."""
    folder = tempfile.mkdtemp(prefix="lab-lines")
    lines = [f'{{"id": {number}}}' for number in range(2_000)]
    lines[1_500] = '{"id": 15'
    Path(folder, "rows.json").write_text("\n".join(lines))
    try:
        run(spark.read.schema("id long").option("mode", "FAILFAST").json(folder))
    finally:
        shutil.rmtree(folder)


@job()
def overflow(spark: Any) -> None:
    """A sum that outgrows its type."""
    run(spark.range(0, 10_000, numPartitions=4).select((F.col("id") * F.lit(2**60)).alias("n")))


@job()
def second_job_fails(spark: Any) -> None:
    """The first job is well; the second one's code does not know a code of a country."""
    context = spark.sparkContext
    context.parallelize(range(2_000), 4).keyBy(operator.neg).reduceByKey(operator.add).collect()

    def country(value: int) -> str:
        if value == 1_900:
            raise ValueError(f"no country of code {value}")
        return "ch"

    context.parallelize(range(2_000), 4).map(country).collect()


@job()
def unknown_table(spark: Any) -> None:
    """A table that does not exist: the driver says so, and no job ever starts."""
    spark.table("sales.orders_2027").count()
