"""Jobs with which nothing is wrong."""

import importlib
import os
import time
from typing import Any

from tests.servers.spark.lab.listed import F, digests, job, run


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
def quiet_report(spark: Any) -> None:
    """A plain aggregate: nothing is wrong with it."""
    run(spark.range(0, 3_000_000, numPartitions=6).groupBy((F.col("id") % 20).alias("k")).agg(F.sum("id")))


@job()
def good_join(spark: Any) -> None:
    """A join with a broadcast side, as it should be."""
    big = spark.range(0, 2_000_000, numPartitions=8).select((F.col("id") % 50).alias("k"), F.col("id").alias("v"))
    small = spark.range(0, 50).select(F.col("id").alias("k"), F.col("id").cast("string").alias("name"))
    run(big.join(F.broadcast(small), "k").groupBy("name").count())


@job()
def healthy(spark: Any) -> None:
    """A count by a thousand keys."""
    run(spark.range(0, 2_000_000, numPartitions=8).groupBy((F.col("id") % 1000).alias("k")).count())


@job()
def pandas_udf_ok(spark: Any) -> None:
    """What `slow_udf` does, by a built-in function."""
    run(spark.range(0, 150_000, numPartitions=4).select(F.sha2(F.col("id").cast("string"), 256)))


@job()
def even_join(spark: Any) -> None:
    """Two large sides of equal size, joined by a key that is spread evenly."""
    left = digests(spark, 1_000_000, 8).withColumnRenamed("h", "left")
    run(left.join(digests(spark, 1_000_000, 8), "id"))


@job()
def pandas_batches(spark: Any) -> None:
    """A function of Python that gets whole batches."""

    def doubled(batches: Any) -> Any:
        for batch in batches:
            yield batch.assign(id=batch.id * 2)

    run(spark.range(0, 2_000_000, numPartitions=4).mapInPandas(doubled, "id long"))


@job()
def shared_cache(spark: Any) -> None:
    """Three questions to one cached table."""
    frame = digests(spark, 400_000, 4).withColumn("k", F.col("id") % 10).cache()
    for k in range(3):
        frame.where(F.col("k") == k).agg(F.min("h")).collect()


@job()
def distinct_users(spark: Any) -> None:
    """A distinct count."""
    spark.range(0, 3_000_000, numPartitions=8).select((F.col("id") % 70_000).alias("user")).distinct().count()


@job()
def held_open(spark: Any) -> None:
    """For the tests of a live driver: tasks that failed once, tasks that ended, one that runs until a file is there."""
    flag = os.environ["LAB_FLAG"]

    def part(index: int, rows: Any) -> Any:
        context = importlib.import_module("pyspark").TaskContext.get()
        if index < 2 and context.attemptNumber() == 0:
            raise ValueError(f"part {index} is not there yet")
        while index == 7 and not os.path.exists(flag):
            time.sleep(0.2)
        time.sleep(0.1 * index)
        yield sum(1 for _ in rows)

    spark.range(0, 500_000, numPartitions=4).groupBy((F.col("id") % 9).alias("k")).count().collect()
    spark.sparkContext.parallelize(range(8_000), 8).mapPartitionsWithIndex(part).sum()
