"""One job on a real Spark, one application and so one event log; run by the lab's own Python, not by ours.

    python -m tests.servers.spark.lab.jobs NAME --master spark://127.0.0.1:7077 --events file:///some/folder

The sickness is made by settings or by the code, the evidence is what a job in production leaves.
"""

import argparse
import importlib
import sys
from typing import Any

from tests.servers.spark.lab import failing, good, slow
from tests.servers.spark.lab.listed import BASE, JOBS, sql

PREFIX = "lab-"


def main() -> None:
    """Run one job; its failure is the point."""
    words = argparse.ArgumentParser()
    words.add_argument("name", nargs="?", choices=sorted(JOBS))
    words.add_argument("--list", action="store_true")
    words.add_argument("--master", default="local[2]")
    words.add_argument("--events")
    words.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    words.add_argument("--each", default="=", metavar="KEY=VALUE,...", help="an application for each of the values")
    asked = words.parse_args()
    if asked.list:
        print(*JOBS, sep="\n")
        return
    pickling: Any = importlib.import_module("pyspark.cloudpickle")
    for module in (failing, good, slow):  # executors have Spark and not this repository
        pickling.register_pickle_by_value(module)
    own = {"spark.eventLog.dir": asked.events} | dict(pair.split("=", 1) for pair in asked.set)
    key, _, values = asked.each.partition("=")
    for value in values.split(","):
        _run(asked.name, asked.master, own | ({key: value} if key else {}))


def _run(name: str, master: str, own: dict[str, str]) -> None:
    function, settings = JOBS[name]
    builder = sql.SparkSession.builder.master(master).appName(f"{PREFIX}{name}")
    for key, value in {**BASE, **settings, **own}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        function(spark)
    except Exception as error:
        print("failed as it should:", type(error).__name__, str(error)[:2_000], file=sys.stderr)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
