"""Jobs that end well and take longer than they should."""

import importlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from tests.servers.spark.lab.listed import NO_AQE, NO_BROADCAST, F, digests, job, run, sql


def _slow(number: int) -> int:
    time.sleep(25)
    return number


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


@job({**NO_AQE, **NO_BROADCAST})
def skew(spark: Any) -> None:
    """95 % of the rows carry one key."""
    fact = spark.range(0, 6_000_000, numPartitions=8).select(
        F.when(F.col("id") % 20 != 0, 0).otherwise(F.col("id") % 5000).alias("k"),
        F.sha2(F.col("id").cast("string"), 256).alias("payload"),
    )
    small = spark.range(0, 5000).select(F.col("id").alias("k"), F.sha2(F.col("id").cast("string"), 512).alias("d"))
    run(fact.join(small, "k").withColumn("x", F.sha2(F.concat("payload", "d"), 512)))


@job({
    **NO_BROADCAST, "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "8MB",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "4MB",
})  # fmt: skip
def skew_aqe(spark: Any) -> None:
    """The same join, which Spark splits while it runs."""
    skew(spark)


@job({**NO_AQE, "spark.sql.shuffle.partitions": "2", "spark.memory.fraction": "0.3"})
def spill(spark: Any) -> None:
    """Two tasks sort everything in little memory."""
    run(digests(spark, 6_000_000, 4).orderBy("h"))


@job({**NO_AQE, "spark.sql.shuffle.partitions": "1500"})
def tiny_tasks(spark: Any) -> None:
    """1500 parts of next to nothing, twice."""
    run(spark.range(0, 1_000_000, numPartitions=1500).groupBy((F.col("id") % 100).alias("k")).count())


@job({**NO_AQE, "spark.eventLog.rolling.enabled": "true", "spark.eventLog.compress": "false"})
def rolling_uncompressed(spark: Any) -> None:
    """Enough tasks that the log rolls."""
    for _ in range(3):
        run(spark.range(0, 10_000, numPartitions=1500).groupBy((F.col("id") % 10).alias("k")).count())


@job()
def small_files(spark: Any) -> None:
    """Four hundred files of a kilobyte."""
    folder = tempfile.mkdtemp(prefix="lab-small")
    spark.range(0, 400_000, numPartitions=400).write.mode("overwrite").parquet(folder)
    spark.conf.set("spark.sql.files.openCostInBytes", str(128 << 20))
    run(spark.read.parquet(folder).groupBy((F.col("id") % 10).alias("k")).count())
    shutil.rmtree(folder)


@job(NO_BROADCAST)
def cartesian(spark: Any) -> None:
    """A join without an equality."""
    left = spark.range(0, 30_000, numPartitions=4).select(F.col("id").alias("a"))
    right = spark.range(0, 10_000, numPartitions=4).select(F.col("id").alias("b"))
    left.crossJoin(right).where("(a * b) % 1000003 = 1").count()


@job()
def bnlj(spark: Any) -> None:
    """A join on a range."""
    rows = spark.range(0, 200_000, numPartitions=4).select(F.col("id").alias("a"))
    bands = spark.range(0, 500).select(F.col("id").alias("lo"), (F.col("id") + 3).alias("hi"))
    rows.join(bands, (F.col("a") >= F.col("lo")) & (F.col("a") < F.col("hi"))).count()


@job({
    "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -Xmn24m", "spark.memory.fraction": "0.85",
    "spark.memory.storageFraction": "0.9",
})  # fmt: skip
def gc_pressure(spark: Any) -> None:
    """Cached objects fill the old generation while tasks go on making new ones."""
    level = importlib.import_module("pyspark").StorageLevel.MEMORY_ONLY
    frame = digests(spark, 1_600_000, 8).withColumn("arr", F.split(F.repeat(F.lit("ab "), 12), " ")).persist(level)
    plain = frame._jdf.queryExecution().toRdd()
    kept = frame._jdf.toJavaRDD().persist(spark.sparkContext._getJavaStorageLevel(level))
    for counted in (kept, kept, plain):
        counted.count()
    run(frame.groupBy("h").agg(F.collect_list("arr")))


@job()
def straggler(spark: Any) -> None:
    """All parts hold the same; one task waits."""

    def part(index: int, rows: Iterator[int]) -> Iterator[int]:
        time.sleep(20 if index == 11 else 0.3)
        yield sum(1 for _ in rows)

    spark.sparkContext.parallelize(range(16_000), 16).mapPartitionsWithIndex(part).sum()


@job({"spark.speculation": "true", "spark.speculation.interval": "500ms"})
def straggler_speculated(spark: Any) -> None:
    """The same with a copy of it started on the other host."""
    straggler(spark)


@job(NO_AQE | NO_BROADCAST)
def missing_broadcast(spark: Any) -> None:
    """Fifty rows are shuffled, and five million with them."""
    big = spark.range(0, 5_000_000, numPartitions=8).select((F.col("id") % 50).alias("k"), F.col("id").alias("v"))
    run(big.join(spark.createDataFrame([(i, f"name{i}") for i in range(50)], "k long, name string"), "k"))


@job()
def slow_udf(spark: Any) -> None:
    """A loop over characters in Python, row by row."""

    def norm(value: int) -> str:
        total = 0
        for letter in str(value) * 20:
            total = (total * 31 + ord(letter)) % 1000003
        return str(total)

    run(spark.range(0, 150_000, numPartitions=4).select(F.udf(norm, "string")("id")))


@job()
def recompute(spark: Any) -> None:
    """The same dear input four times, for want of a cache."""
    frame = digests(spark, 1_500_000, 8, bits=512).withColumn("k", F.col("id") % 10)
    for k in range(4):
        frame.where(F.col("k") == k).agg(F.max("h")).collect()


@job({**NO_AQE, "spark.sql.shuffle.partitions": "8"})
def hot_customer(spark: Any) -> None:
    """Nine of ten events are one customer's, and each customer's are sorted."""
    rows = digests(spark, 4_000_000, 8).withColumn(
        "customer", F.when(F.col("id") % 10 != 3, "c-1").otherwise(F.concat(F.lit("c-"), F.col("id") % 700))
    )
    run(rows.repartition(8, "customer").sortWithinPartitions("h"))


@job({**NO_AQE, "spark.sql.shuffle.partitions": "2", "spark.memory.fraction": "0.3"})
def sorted_export(spark: Any) -> None:
    """Everything is sorted by two tasks, and written."""
    folder = tempfile.mkdtemp(prefix="lab-export")
    digests(spark, 6_000_000, 4).orderBy(F.col("h").desc()).write.mode("overwrite").parquet(folder)
    shutil.rmtree(folder)


@job({**NO_AQE, **NO_BROADCAST})
def shuffled_dimension(spark: Any) -> None:
    """Countries are few, and yet all orders move to meet them."""
    orders = digests(spark, 3_000_000, 8).withColumn("country", F.col("id") % 190)
    countries = spark.range(0, 190).select(F.col("id").alias("country"), F.concat(F.lit("n"), "id").alias("name"))
    run(orders.join(countries, "country", "left"))


@job()
def python_rows(spark: Any) -> None:
    """Texts are cleaned by a Python function, one by one."""

    def clean(text: str) -> str:
        return "".join(sorted(letter for letter in text * 8 if letter.isalpha()))

    run(digests(spark, 120_000, 4).select(F.udf(clean, "string")("h")))


@job(NO_BROADCAST)
def hidden_cross(spark: Any) -> None:
    """The equality of a join hides in a sum, so every row meets every row."""
    left = spark.range(0, 20_000, numPartitions=4).select(F.col("id").alias("x"))
    right = spark.range(0, 9_000, numPartitions=4).select(F.col("id").alias("y"))
    left.join(right, F.col("x") + F.col("y") == 7_000).count()


@job()
def crumbs(spark: Any) -> None:
    """A report over 250 files of some rows each."""
    folder = tempfile.mkdtemp(prefix="lab-crumbs")
    spark.range(0, 50_000, numPartitions=250).write.mode("overwrite").csv(folder)
    spark.conf.set("spark.sql.files.openCostInBytes", str(64 << 20))
    run(spark.read.schema("id long").csv(folder).groupBy((F.col("id") % 7).alias("k")).agg(F.max("id")))
    shutil.rmtree(folder)


@job()
def waits_for_a_service(spark: Any) -> None:
    """One of twenty batches waits for an answer from elsewhere."""

    def part(index: int, rows: Iterator[int]) -> Iterator[int]:
        time.sleep(22 if index == 17 else 0.2)
        yield sum(rows)

    spark.sparkContext.parallelize(range(20_000), 20).mapPartitionsWithIndex(part).collect()


@job()
def same_input_again(spark: Any) -> None:
    """Five reports, each from the start."""
    rows = digests(spark, 1_200_000, 6, bits=512).withColumn("region", F.col("id") % 5)
    for region in range(5):
        rows.where(F.col("region") == region).agg(F.min("h"), F.max("h")).collect()
